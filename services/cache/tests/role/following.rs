//! Keeping up with the bus.

use crate::stage::{HOUR, Stage, aged, config, counted, sample, values};
use std::collections::BTreeMap;
use std::time::Duration;
use watchkeeper_cache::CacheConfig;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{BatchBuilder, TtlPolicy};
use watchkeeper_wire::sample::push_sample;

#[tokio::test]
async fn the_newest_sample_of_each_series_stays_however_late_an_older_one_comes() {
    let stage = Stage::new();
    let newest = sample("a", 2.0);
    let older = Sample {
        collected_at: newest.collected_at.minus(Duration::from_secs(1)),
        value: 1.0,
        ..newest.clone()
    };
    let equally_old = Sample { value: 3.0, ..newest.clone() };
    stage.publish(&[newest, older.clone(), sample("b", 4.0)]).await;
    let role = stage.run(config());
    stage.bus.comes_to(3).await;
    stage.publish(&[older, equally_old]).await;
    stage.bus.comes_to(5).await;
    role.stop_well().await;
    assert_eq!(stage.cached().await, values(&[("a", 2.0), ("b", 4.0)]));
}

#[tokio::test]
async fn a_record_that_is_no_sample_is_counted_and_skipped() {
    let stage = Stage::new();
    let mut batch = BatchBuilder::default();
    push_sample(&mut batch, &sample("a", 1.0));
    batch.push(b"", b"{}");
    batch.push(b"", b"\xff");
    push_sample(&mut batch, &sample("b", 2.0));
    stage.publish_records(batch).await;
    let role = stage.run(config());
    stage.bus.comes_to(4).await;
    let context = role.stop_well().await;
    assert_eq!(stage.cached().await, values(&[("a", 1.0), ("b", 2.0)]));
    assert_eq!(counted(&context, "watchkeeper_cache_undecodable_total"), "2");
}

#[tokio::test]
async fn a_delivery_without_any_sample_is_committed() {
    let stage = Stage::new();
    let mut batch = BatchBuilder::default();
    batch.push(b"", b"{}");
    stage.publish_records(batch).await;
    let role = stage.run(config());
    stage.bus.comes_to(1).await;
    role.stop_well().await;
    assert_eq!(stage.cached().await, []);
}

#[tokio::test]
async fn a_value_stays_as_long_as_its_source_says() {
    let stage = Stage::new();
    let by_source = BTreeMap::from([("short".to_owned(), HOUR), ("long".to_owned(), HOUR * 3)]);
    let ttl = TtlPolicy { default: HOUR * 2, by_source };
    let of = |source| aged(source, source, 1.0, Duration::ZERO);
    stage.publish(&[of("short"), of("other"), of("long")]).await;
    let before = Timestamp::now();
    let role = stage.run(CacheConfig { ttl });
    stage.bus.comes_to(3).await;
    role.stop_well().await;
    let after = Timestamp::now();
    let second = Duration::from_secs(1);
    assert_eq!(stage.cached_at(before.plus(HOUR).minus(second)).await.len(), 3);
    assert_eq!(stage.cached_at(after.plus(HOUR)).await, values(&[("long", 1.0), ("other", 1.0)]));
    assert_eq!(stage.cached_at(before.plus(HOUR * 2).minus(second)).await.len(), 2);
    assert_eq!(stage.cached_at(after.plus(HOUR * 2)).await, values(&[("long", 1.0)]));
    assert_eq!(stage.cached_at(before.plus(HOUR * 3).minus(second)).await.len(), 1);
    assert_eq!(stage.cached_at(after.plus(HOUR * 3)).await, []);
}
