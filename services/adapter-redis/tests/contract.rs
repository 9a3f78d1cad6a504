//! Runs the port contract on a real Redis.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use watchkeeper_adapter_redis::{RedisCache, RedisOptions};
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_port_contract::{Fixture, engine_url};
use watchkeeper_ports::{
    Advance, AnswerCache, Group, LatestCache, Page, PortError, Topic, TopicId, TopicPartition, TtlPolicy,
};

/// A separate cache in the Redis that all tests share.
struct Prefix(String);

/// A prefix that no other test has.
fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Fixture<dyn LatestCache> for Prefix {
    async fn fresh() -> Self {
        Self(name())
    }

    async fn open(&self) -> Arc<dyn LatestCache> {
        Arc::new(self.with_room_for(usize::MAX))
    }
}

impl Fixture<dyn AnswerCache> for Prefix {
    async fn fresh() -> Self {
        Self(name())
    }

    async fn open(&self) -> Arc<dyn AnswerCache> {
        Arc::new(self.with_room_for(usize::MAX))
    }
}

impl Prefix {
    fn with_room_for(&self, max_series: usize) -> RedisCache {
        let (url, prefix, timeout) = (engine_url("redis"), self.0.clone(), Duration::from_secs(10));
        RedisCache::new(&RedisOptions { url, prefix, timeout, max_series }).unwrap()
    }
}

mod latest_cache {
    watchkeeper_port_contract::latest_cache_contract!(super::Prefix);
}

mod answer_cache {
    watchkeeper_port_contract::answer_cache_contract!(super::Prefix);
}

#[tokio::test]
async fn a_full_cache_keeps_what_it_has_and_takes_no_new_series_until_others_have_expired() {
    const LIFE: Duration = Duration::from_secs(3_600);
    let (cache, now) = (Prefix(name()).with_room_for(2), Timestamp::now());
    let ttl = TtlPolicy { default: LIFE, by_source: BTreeMap::new() };
    let sample = |name: &str, at| {
        let series = Arc::new(Series::new("test", name, "", &[]).unwrap());
        Sample::new(series, at, 1.0)
    };
    let newer = sample("a", now.plus(LIFE));
    let samples = [sample("a", now), sample("b", now), sample("c", now)];
    LatestCache::put(&cache, &samples, &ttl, now).await.unwrap();
    LatestCache::put(&cache, &[newer.clone(), sample("d", now)], &ttl, now).await.unwrap();
    let kept = cache.latest(&SeriesFilter::default(), &Page::first(9), now).await.unwrap();
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|kept| *kept == newer || samples.contains(kept)), "{kept:?}");
    let later = now.plus(LIFE);
    cache.sweep(later).await.unwrap();
    LatestCache::put(&cache, &[sample("d", later)], &ttl, later).await.unwrap();
    assert_eq!(
        cache.latest(&SeriesFilter::named("test", "d"), &Page::first(9), later).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn what_was_noted_under_a_server_that_was_started_anew_since_is_forgotten() {
    let place = Prefix(name());
    let (cache, partition) = (place.with_room_for(usize::MAX), TopicPartition::new(Topic::METRICS, 0));
    let topic_id = TopicId::new("metrics");
    let advance = |expected, next| Advance {
        group: Group::CACHE,
        partition: partition.clone(),
        topic_id: topic_id.clone(),
        expected,
        next,
    };
    let positions = async || cache.positions(std::slice::from_ref(&partition), &topic_id).await.unwrap();
    cache.advance(&[advance(None, 7)]).await.unwrap();
    let key = format!("{{{}}}:latest:positions", place.0);
    let mut other = redis::Client::open(engine_url("redis")).unwrap();
    let another_run = redis::cmd("HSET").arg(&key).arg("server").arg("another").exec(&mut other);
    another_run.unwrap();
    let error = cache.advance(&[advance(Some(7), 8)]).await.unwrap_err();
    assert!(matches!(error, PortError::PositionMoved { expected: 7, found: 0, .. }), "{error}");
    assert_eq!(positions().await, [None]);
    cache.advance(&[advance(None, 3)]).await.unwrap();
    assert_eq!(positions().await, [Some(3)]);
}
