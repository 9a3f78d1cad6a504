//! Holds the adapter to the promises of its port, on a real Redis.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use watchkeeper_adapter_redis::{RedisCache, RedisOptions};
use watchkeeper_port_contract::{Fixture, engine_url};
use watchkeeper_ports::LatestCache;

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
