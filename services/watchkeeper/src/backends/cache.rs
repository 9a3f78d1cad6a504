//! The cache of latest values: memory, or Redis.

use super::place::UNREAD;
use super::url;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::MemoryCache;
use watchkeeper_adapter_redis::{RedisCache, RedisOptions};
use watchkeeper_config::Section;
use watchkeeper_ports::{LatestCache, PortError};

/// What the keys begin with, and the longest such text, in bytes.
const PREFIX: (&str, usize) = ("watchkeeper", 64);
/// How long a connection, or an answer, may take: the default and the bounds.
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(5), Duration::from_millis(100)..=Duration::from_secs(60));

/// How many series Redis may keep: the default and the bounds.
const MAX_SERIES: (usize, RangeInclusive<usize>) = (1_000_000, 1..=1_000_000_000);

/// Where the cache is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CacheBackend {
    /// `None` for memory.
    redis: Option<RedisOptions>,
}

impl CacheBackend {
    /// Reads the key `cache` and the section `redis`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let unread = Some(UNREAD.to_owned());
        let url = url::read(section, "cache", "cache_file", unread, redis_url).flatten();
        section.section("redis", |redis| {
            let prefix = redis.text("prefix", PREFIX.1, PREFIX.0);
            let timeout = redis.duration("timeout", TIMEOUT.1, TIMEOUT.0);
            let max_series = redis.integer("max_series", MAX_SERIES.1, MAX_SERIES.0);
            Self { redis: url.map(|url| RedisOptions { url, prefix, timeout, max_series }) }
        })
    }

    /// Whether several processes can use it.
    pub(super) fn is_shared(&self) -> bool {
        self.redis.is_some()
    }

    /// How Redis is used, if it is known where that is.
    pub(super) fn engine(&self) -> Option<&RedisOptions> {
        self.redis.as_ref().filter(|options| options.url != UNREAD)
    }

    pub(super) fn open(&self) -> Result<Arc<dyn LatestCache>, PortError> {
        match &self.redis {
            Some(options) => Ok(Arc::new(RedisCache::new(options)?)),
            None => Ok(Arc::new(MemoryCache::default())),
        }
    }
}

/// The URL of Redis; none for memory.
fn redis_url(text: &str) -> Result<Option<String>, &'static str> {
    if text == "memory:" {
        return Ok(None);
    }
    let url = url::with_scheme(text, &["redis", "rediss", "redis+unix", "unix"]).map(str::to_owned);
    url.map(Some)
        .ok_or("must be memory: or redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE] (rediss:// for TLS)")
}
