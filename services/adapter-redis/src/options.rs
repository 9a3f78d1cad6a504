//! Where the cache is, and how it is used.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;

/// What the keys begin with, and the longest such text, in bytes.
const PREFIX: (&str, usize) = ("watchkeeper", 64);
/// How long a connection, or an answer, may take: the default and the bounds.
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(5), Duration::from_millis(100)..=Duration::from_secs(60));
/// How many series Redis may keep: the default and the bounds.
const MAX_SERIES: (usize, RangeInclusive<usize>) = (1_000_000, 1..=1_000_000_000);

/// Where the cache is, and how it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://…` for TLS, or `redis+unix:///PATH`.
    pub url: String,
    /// What its keys begin with, so that several can share a Redis.
    pub prefix: String,
    /// How long a connection, or an answer, may take.
    pub timeout: Duration,
    /// How many series it may keep. Past it a series that is not there yet is not taken, until others have expired.
    pub max_series: usize,
}

impl RedisOptions {
    /// Reads the section that says how Redis is used. Where it is, is said elsewhere.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            url: String::new(),
            prefix: section.text("prefix", PREFIX.1, PREFIX.0),
            timeout: section.duration("timeout", TIMEOUT.1, TIMEOUT.0),
            max_series: section.integer("max_series", MAX_SERIES.1, MAX_SERIES.0),
        }
    }
}

/// All but the URL, in which a password may stand.
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
