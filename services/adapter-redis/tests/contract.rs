//! Holds the adapter to the promises of its port, on a real Redis.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use watchkeeper_adapter_redis::{RedisCache, RedisOptions};
use watchkeeper_port_contract::{Fixture, engine_url};
use watchkeeper_ports::{CacheAdvance, LatestCache, PortError, Topic, TopicId, TopicPartition};

/// A cache of its own in the Redis that all tests share.
struct Prefix(String);

impl Fixture<dyn LatestCache> for Prefix {
    async fn fresh() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self(format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    async fn open(&self) -> Arc<dyn LatestCache> {
        let url = engine_url("redis");
        let options = RedisOptions { url, prefix: self.0.clone(), timeout: Duration::from_secs(10) };
        Arc::new(RedisCache::new(&options).unwrap())
    }
}

watchkeeper_port_contract::latest_cache_contract!(Prefix);

#[tokio::test]
async fn what_was_noted_under_a_server_that_was_started_anew_since_is_forgotten() {
    let place = Prefix::fresh().await;
    let (cache, partition) = (place.open().await, TopicPartition::new(Topic::METRICS, 0));
    let topic_id = TopicId::new("metrics");
    let advance = |expected, next| CacheAdvance {
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
