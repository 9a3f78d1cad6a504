//! The cache of latest values: memory, or Redis.

use super::url;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::MemoryCache;
use watchkeeper_adapter_redis::{RedisCache, RedisOptions};
use watchkeeper_ports::{LatestCache, PortError};
use watchkeeper_runtime::config::Section;

/// What the keys begin with, and the longest such text, in bytes.
const PREFIX: (&str, usize) = ("watchkeeper", 64);
/// How long a connection, or an answer, may take: the default and the bounds.
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(5), Duration::from_millis(100)..=Duration::from_secs(60));

/// Where the cache is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CacheBackend {
    /// `None` for memory.
    redis: Option<RedisOptions>,
}

impl CacheBackend {
    /// Reads the key `cache` and the section `redis`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let place = url::read(section, "cache", "cache_file");
        section.section("redis", |redis| {
            let prefix = redis.text("prefix", PREFIX.1, PREFIX.0);
            let timeout = redis.duration("timeout", TIMEOUT.1, TIMEOUT.0);
            let options = |url| RedisOptions { url, prefix, timeout };
            Self {
                redis: match place {
                    Some(Place::Redis(url)) => Some(options(url)),
                    Some(Place::Memory) | None => None,
                },
            }
        })
    }

    /// Whether several processes can use it.
    pub(super) fn is_shared(&self) -> bool {
        self.redis.is_some()
    }

    pub(super) fn open(&self) -> Result<Arc<dyn LatestCache>, PortError> {
        match &self.redis {
            Some(options) => Ok(Arc::new(RedisCache::new(options)?)),
            None => Ok(Arc::new(MemoryCache::default())),
        }
    }
}

enum Place {
    Memory,
    Redis(String),
}

/// A text that names no cache.
struct UnknownCache;

impl fmt::Display for UnknownCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be memory: or redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE] (rediss:// for TLS)")
    }
}

impl FromStr for Place {
    type Err = UnknownCache;

    fn from_str(text: &str) -> Result<Self, UnknownCache> {
        if url::starts_with_any(text, &["redis", "rediss", "redis+unix", "unix"]) {
            return Ok(Self::Redis(text.to_owned()));
        }
        if text == "memory:" { Ok(Self::Memory) } else { Err(UnknownCache) }
    }
}
