//! What is removed.

use crate::stage::{Stage, config, counted, sample};
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_persister::PersisterConfig;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn samples_past_their_retention_are_removed_and_the_others_stay() {
    let stage = Stage::new();
    let aged = |number, days: u32| {
        let today = sample(number);
        Sample { collected_at: today.collected_at.minus(DAY * days), ..today }
    };
    // The newest bears witness to the clock: of an older one it would be doubted.
    let newest = Sample { collected_at: Timestamp::now(), ..sample(4) };
    let samples = [aged(0, 90), aged(1, 10), aged(2, 7), aged(3, 5), newest];
    stage.store(&samples).await;
    let role = stage.run(PersisterConfig { retention: DAY * 6, ..config() });
    stage.samples.called("prune", |calls| calls.ended > 0).await;
    let context = role.stop_well().await;
    assert_eq!(counted(&context, ["samples_pruned"]), ["3"]);
    assert_eq!(stage.stored().await, [3, 4]);
}
