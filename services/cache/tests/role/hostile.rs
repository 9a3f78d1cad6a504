//! Whatever lies on the topic.

use crate::stage::{Stage, config, sample};
use watchkeeper_domain::{SeriesFilter, Timestamp};
use watchkeeper_port_contract::hostile;
use watchkeeper_ports::{EventBus as _, LatestCache as _, Topic};

/// How many topics are tried, each with other records.
const SEEDS: u64 = 24;

#[tokio::test]
async fn the_good_record_behind_whatever_lies_on_the_topic_is_cached() {
    for seed in 0..SEEDS {
        let stage = Stage::new();
        stage.bus.publish(&Topic::METRICS, hostile::records(seed)).await.unwrap();
        stage.publish(&[sample("good", 7.0)]).await;
        let role = stage.run(config());
        let end = stage.end().await;
        stage.bus.comes_to(end).await;
        role.stop_well().await;
        let filter = SeriesFilter::named("test", "n");
        let newest = stage.latest.newest(&filter, Timestamp::now()).await.unwrap();
        assert_eq!(newest.map(|sample| sample.value), Some(7.0), "seed {seed}");
    }
}
