//! The caches of latest values and of answers: memory, or Redis.

use super::client::{Caller, Client as _, NOT_BUILT_IN};
use super::engines::Redis;
use super::location::UNREAD;
use super::url;
use std::sync::Arc;
use watchkeeper_adapter_embedded::{MemoryAnswers, MemoryCache};
use watchkeeper_config::Section;
use watchkeeper_ports::{AnswerCache, LatestCache};

/// Both caches, which are on one backend.
pub(super) struct Caches {
    /// The latest values.
    pub(super) latest: Arc<dyn LatestCache>,
    /// Answers to recent queries.
    pub(super) answers: Arc<dyn AnswerCache>,
}

/// The backend of the cache.
#[derive(Clone, PartialEq)]
pub(super) struct CacheBackend {
    /// `None` for memory.
    url: Option<String>,
    pub(super) redis: Redis,
}

impl CacheBackend {
    /// Reads the key `cache` and the section `redis`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let unread = Some(UNREAD.to_owned());
        let url = url::read(section, "cache", "cache_file", unread, redis_url).flatten();
        Self { url, redis: section.section("redis", Redis::read) }
    }

    /// Whether several processes can share it.
    pub(super) fn is_shared(&self) -> bool {
        self.url.is_some()
    }

    /// The URL of Redis, if it is configured and was read.
    pub(super) fn engine(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| *url != UNREAD)
    }

    pub(super) fn open(&self, caller: Caller<'_>) -> anyhow::Result<Caches> {
        match &self.url {
            Some(url) => self.redis.open(url, caller),
            None => {
                Ok(Caches { latest: Arc::new(MemoryCache::new()), answers: Arc::new(MemoryAnswers::new()) })
            }
        }
    }
}

/// Omits the URL: it may contain a password.
impl std::fmt::Debug for CacheBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CacheBackend").field("redis", &self.redis).finish_non_exhaustive()
    }
}

/// Parses the URL of Redis; `None` for memory.
fn redis_url(text: &str) -> Result<Option<String>, &'static str> {
    if text == "memory:" {
        return Ok(None);
    }
    match url::with_scheme(text, &["redis", "rediss", "redis+unix", "unix"]) {
        Some(_) if !Redis::BUILT_IN => Err(NOT_BUILT_IN),
        Some(url) => Ok(Some(url.to_owned())),
        None => Err("must be memory: or redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE] (rediss:// for TLS)"),
    }
}
