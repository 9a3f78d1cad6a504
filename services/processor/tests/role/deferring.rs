//! While the store is slow, what matters is stored first, and nothing is lost.

use crate::stage::{Stage, config, event, metric, records};
use watchkeeper_domain::Level;
use watchkeeper_ports::Topic;
use watchkeeper_processor::ProcessorConfig;
use watchkeeper_test_kit::soon;

#[tokio::test]
async fn errors_are_stored_while_debug_lines_wait_and_at_the_end_every_event_is_there_once() {
    const EVENTS: u32 = 60;
    let stage = Stage::new();
    stage.lag_is(1_000);
    let config = ProcessorConfig { defer_below: Some(Level::Info), batch_records: 10, ..config() };
    let role = stage.run(config);
    // Then its metrics are there.
    stage.bus.called("lag", |calls| calls.ended > 0).await;
    soon(async {
        while metric(&role.context, "deferring") < 1.0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let level = |number| if number % 3 == 0 { Level::Error } else { Level::Debug };
    let events: Vec<_> = (0..EVENTS).map(|number| event(number, level(number))).collect();
    stage.publish_events(records(&events)).await;
    let stored = stage.comes_to((EVENTS / 3) as usize).await;
    assert!(stored.iter().all(|event| event.level == Level::Error), "debug lines wait");
    role.says(|status| status.contains("events deferred")).await;
    stage.lag_is(0);
    stage.comes_to(EVENTS as usize).await;
    let context = role.stop_well().await;
    let mut stored: Vec<u32> =
        stage.messages().await.iter().map(|message| message.parse().unwrap()).collect();
    stored.sort_unstable();
    assert_eq!(stored, (0..EVENTS).collect::<Vec<_>>());
    assert_eq!(metric(&context, "events_deferred_total").to_string(), (EVENTS * 2 / 3).to_string());
    assert_eq!(stage.lag(&Topic::EVENTS_DEFERRED).await, 0);
}

#[tokio::test]
async fn without_a_level_nothing_is_deferred_however_large_the_lag_is() {
    let stage = Stage::new();
    stage.lag_is(1_000_000);
    let role = stage.run(config());
    stage.publish_events(records(&[event(1, Level::Debug)])).await;
    stage.comes_to(1).await;
    let context = role.stop_well().await;
    assert_eq!(metric(&context, "events_deferred_total").to_string(), "0");
}
