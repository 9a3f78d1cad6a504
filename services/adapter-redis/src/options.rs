//! How to reach and use the cache.

use redis::IntoConnectionInfo as _;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;

/// The default prefix of keys, and the longest prefix in bytes.
const PREFIX: (&str, usize) = ("watchkeeper", 64);
/// Time limit for connecting and for an answer: the default and the bounds.
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(5), Duration::from_millis(100)..=Duration::from_secs(60));
/// How many series Redis may hold: the default and the bounds.
const MAX_SERIES: (usize, RangeInclusive<usize>) = (1_000_000, 1..=1_000_000_000);

/// How to reach and use the cache.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://…` for TLS, or `redis+unix:///PATH`.
    pub url: String,
    /// Prefix of its keys, so that several caches can share a Redis.
    pub prefix: String,
    /// Time limit for connecting and for an answer.
    pub timeout: Duration,
    /// Most series. Beyond it new series are skipped until others expire.
    pub max_series: usize,
}

impl RedisOptions {
    /// Reads the section on Redis; the URL comes from elsewhere.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            url: String::new(),
            prefix: section.text("prefix", PREFIX.1, PREFIX.0),
            timeout: section.duration("timeout", TIMEOUT.1, TIMEOUT.0),
            max_series: section.integer("max_series", MAX_SERIES.1, MAX_SERIES.0),
        }
    }
}

impl RedisOptions {
    /// Where the server is, without user and password: `cache.test:6379`, or the path of a socket. `None` if the URL is not
    /// valid.
    pub fn address(&self) -> Option<String> {
        let info = self.url.as_str().into_connection_info().ok()?;
        Some(info.addr().to_string())
    }
}

/// Without the URL, which may have a password.
impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, timeout, max_series, .. } = self;
        f.debug_struct("RedisOptions")
            .field("prefix", prefix)
            .field("timeout", timeout)
            .field("max_series", max_series)
            .finish_non_exhaustive()
    }
}
