//! Where a cache begins.

use crate::stage::{HOUR, Stage, aged, config, counted, sample, values};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::MemoryCache;
use watchkeeper_cache::CacheConfig;
use watchkeeper_ports::{Advance, Group, LatestCache, TtlPolicy};
use watchkeeper_test_kit::{metrics_partition, unavailable};

const RECEIVED: &str = "watchkeeper_consumer_records_total";

/// The persister has stored `a` and `b` and come to 2; `c` and `d` it has yet to store. What lies before
/// them on the bus is not what is stored, so that the two can be told apart. The cache had come to the end
/// and has lost all.
async fn lost() -> Stage {
    let stage = Stage::new();
    stage.publish(&[sample("other", 9.0), sample("other", 9.0), sample("c", 3.0), sample("d", 4.0)]).await;
    stage.stored(vec![sample("a", 1.0), sample("b", 2.0)], 2).await;
    stage.commit(4).await;
    stage
}

#[tokio::test]
async fn an_empty_cache_is_refilled_from_the_store_and_goes_on_where_the_persister_is() {
    let stage = lost().await;
    let role = stage.run(config());
    stage.bus.comes_to(4).await;
    let context = role.stop_well().await;
    assert_eq!(stage.cached().await, values(&[("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)]));
    assert_eq!(counted(&context, RECEIVED), "2", "what is stored is not read from the bus");
}

#[tokio::test]
async fn by_a_clock_that_has_jumped_ahead_no_value_has_expired() {
    let stage = Stage::new();
    let years = Duration::from_secs(5 * 365 * 24 * 3600);
    // As if the clock were five years ahead: everything there is seems five years old.
    stage.looked_at_the_clock(years).await;
    stage.stored(vec![aged("test", "a", 1.0, years)], 0).await;
    let role = stage.run(config());
    stage.publish(&[sample("b", 2.0)]).await;
    stage.bus.comes_to(1).await;
    role.stop_well().await;
    assert_eq!(stage.cached().await, values(&[("a", 1.0), ("b", 2.0)]));
}

#[tokio::test]
async fn a_refill_that_was_interrupted_is_begun_again() {
    let stage = lost().await;
    stage.samples.pass_next("latest");
    (0..2).for_each(|_| stage.samples.fail_next("latest", unavailable("store")));
    let role = stage.run(config());
    stage.bus.comes_to(4).await;
    let context = role.stop_well().await;
    assert_eq!(stage.cached().await, values(&[("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)]));
    assert_eq!(counted(&context, RECEIVED), "2");
}

#[tokio::test]
async fn a_cache_that_has_something_goes_on_where_it_had_come_to() {
    let stage = lost().await;
    stage.latest.put(&[sample("kept", 5.0)], &config().ttl, sample("now", 0.0).collected_at).await.unwrap();
    let advance = Advance {
        group: Group::CACHE,
        partition: metrics_partition(),
        topic_id: stage.topic_id().await,
        expected: None,
        next: 3,
    };
    stage.latest.advance(&[advance]).await.unwrap();
    let role = stage.run(config());
    stage.bus.comes_to(4).await;
    let context = role.stop_well().await;
    assert_eq!(stage.cached().await, values(&[("d", 4.0), ("kept", 5.0)]));
    assert_eq!(counted(&context, RECEIVED), "1");
}

#[tokio::test]
async fn a_cache_that_forgets_while_it_is_filled_is_refilled_and_misses_nothing() {
    let stage = lost().await;
    let role = stage.run(config());
    stage.bus.comes_to(4).await;
    stage.latest.replace(Arc::new(MemoryCache::new()));
    stage.publish(&[sample("e", 5.0)]).await;
    stage.bus.comes_to(5).await;
    role.stop_well().await;
    let all = [("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0), ("e", 5.0)];
    assert_eq!(stage.cached().await, values(&all));
}

#[tokio::test]
async fn without_a_persister_an_empty_cache_reads_the_bus_from_its_first_record() {
    let stage = Stage::new();
    stage.publish(&[sample("a", 1.0), sample("b", 2.0)]).await;
    stage.commit(2).await;
    let role = stage.run(config());
    stage.bus.comes_to(2).await;
    role.stop_well().await;
    assert_eq!(stage.cached().await, values(&[("a", 1.0), ("b", 2.0)]));
}

#[tokio::test]
async fn what_has_expired_by_its_age_is_not_refilled() {
    let stage = Stage::new();
    let ttl = TtlPolicy { default: HOUR, by_source: BTreeMap::from([("slow".to_owned(), HOUR * 3)]) };
    let (two_hours, minute) = (HOUR * 2, Duration::from_secs(60));
    let stored = vec![
        aged("test", "expired", 1.0, two_hours),
        aged("test", "fresh", 2.0, HOUR / 2),
        aged("slow", "slow", 3.0, two_hours),
        aged("slow", "slow too", 4.0, HOUR * 3 + minute),
    ];
    stage.publish(&[sample("last", 5.0)]).await;
    stage.stored(stored, 0).await;
    let role = stage.run(CacheConfig { ttl });
    stage.bus.comes_to(1).await;
    role.stop_well().await;
    assert_eq!(stage.cached().await, values(&[("slow", 3.0), ("fresh", 2.0), ("last", 5.0)]));
}

#[tokio::test]
async fn more_series_than_a_question_to_the_store_brings_are_all_refilled() {
    const SERIES: usize = 5_001;
    let stage = Stage::new();
    stage.publish(&[sample("last", 1.0)]).await;
    stage.stored((0..SERIES).map(|of| sample(&of.to_string(), 1.0)).collect(), 0).await;
    let role = stage.run(config());
    stage.bus.comes_to(1).await;
    role.stop_well().await;
    assert_eq!(stage.latest.len().await.unwrap(), SERIES + 1);
}
