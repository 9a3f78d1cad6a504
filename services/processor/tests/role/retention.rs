//! Some events are kept for a shorter time.

use crate::stage::{Stage, config, event};
use std::time::Duration;
use watchkeeper_domain::{Level, Timestamp};
use watchkeeper_processor::{Keep, ProcessorConfig};
use watchkeeper_test_kit::soon;

#[tokio::test]
async fn what_is_kept_for_a_shorter_time_is_pruned_first() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let stage = Stage::new();
    stage.looked_at_the_clock("processor", Duration::from_secs(1)).await;
    let mut events = [event(1, Level::Debug), event(2, Level::Error), event(3, Level::Debug)];
    let before = Timestamp::now().minus(2 * DAY);
    (events[0].occurred_at, events[1].occurred_at) = (before, before);
    stage.store_events(&events).await;
    let keep = Keep { service: Some("shop".into()), up_to: Some(Level::Info), duration: DAY };
    let role = stage.run(ProcessorConfig { keep: vec![keep], ..config() });
    soon(async {
        while stage.stored().await.len() > 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    role.stop_well().await;
    assert_eq!(stage.messages().await, ["2", "3"]);
}
