//! Whatever lies on the topic.

use crate::stage::{Stage, config, records};
use watchkeeper_port_contract::hostile;

/// How many topics are tried, each with other records.
const SEEDS: u64 = 24;

#[tokio::test]
async fn the_good_record_behind_whatever_lies_on_the_topic_is_stored() {
    for seed in 0..SEEDS {
        let stage = Stage::new();
        stage.publish(hostile::records(seed)).await;
        stage.publish(records([7])).await;
        let role = stage.run(config());
        let end = stage.end().await;
        stage.samples.comes_to(end).await;
        role.stop_well().await;
        assert!(stage.stored().await.contains(&7), "seed {seed}");
    }
}
