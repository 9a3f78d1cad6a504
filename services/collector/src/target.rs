//! What a source implements: something that is collected from at intervals.

use async_trait::async_trait;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::HttpError;
use watchkeeper_runtime::MAX_BUSY;

/// Something that samples are collected from at intervals: a host's disks, one repository, one URL.
#[async_trait]
pub trait Target: Send + 'static {
    /// The source it belongs to, as its samples and the metrics name it: `host`.
    fn source(&self) -> &'static str;

    /// What it is called in logs and in the schedule; no other target may be called the same. It must
    /// stay the same over restarts.
    fn name(&self) -> &str;

    /// When it is due, and how long it may take.
    fn timing(&self) -> Timing;

    /// Measures now. A value that was measured before is not to be given again as a new sample, unless the
    /// source says anew that it holds.
    ///
    /// Must not block: reads that do belong into [`tokio::task::spawn_blocking`]. Dropped when it takes
    /// too long, and called again at the next due time all the same.
    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError>;

    /// The samples that say that a collection failed; by default none do.
    fn failed(&mut self) -> Vec<Sample> {
        Vec::new()
    }
}

/// Why a target gave no samples. The text is for an operator, and never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollectError {
    /// It cannot be reached or read.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// It has not answered in time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// It wants to be left alone: a quota is used up, a token is not accepted.
    #[error("refused: {reason}")]
    Refused {
        /// Why, as the target put it.
        reason: String,
        /// It is not asked again before this instant, if it named one.
        until: Option<Timestamp>,
    },
    /// It answers, but not with what was expected.
    #[error("not understood: {0}")]
    Malformed(String),
}

impl From<HttpError> for CollectError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unreachable(reason) => Self::Unreachable(reason),
            HttpError::TimedOut { after, .. } => Self::TimedOut(after),
            HttpError::Refused { reason, until } => Self::Refused { reason, until },
            HttpError::Malformed(reason) => Self::Malformed(reason),
        }
    }
}

/// When a target is due, and how long it may take. Valid by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    interval: Duration,
    jitter: Duration,
    timeout: Duration,
}

impl Timing {
    /// Shortest interval.
    pub const MIN_INTERVAL: Duration = Duration::from_secs(1);
    /// Longest interval.
    pub const MAX_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
    /// Shortest timeout.
    pub const MIN_TIMEOUT: Duration = Duration::from_millis(100);
    /// Longest timeout. Shorter than what counts as hung, so that the watchdog is not told that a slow
    /// target is a hung loop.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(15);

    /// Due every `interval`, at first by up to `jitter` late (each target by its own share, the same at
    /// each start), and given up after `timeout`. What is outside the bounds is moved to the nearest;
    /// the jitter is at most the interval.
    #[must_use]
    pub fn new(interval: Duration, jitter: Duration, timeout: Duration) -> Self {
        let interval = interval.clamp(Self::MIN_INTERVAL, Self::MAX_INTERVAL);
        let timeout = timeout.clamp(Self::MIN_TIMEOUT, Self::MAX_TIMEOUT);
        Self { interval, jitter: jitter.min(interval), timeout }
    }

    /// Reads the keys `interval`, `jitter` (at most the interval) and `timeout` of a source's section.
    pub fn read(section: &mut Section<'_>, default: Self) -> Self {
        let interval = Self::read_interval(section, default.interval);
        Self::read_rest(section, interval, default.jitter, default.timeout)
    }

    /// The same for a source of many targets: the jitter is the interval, unless the section says otherwise.
    pub(crate) fn read_spread(section: &mut Section<'_>, interval: Duration, timeout: Duration) -> Self {
        let interval = Self::read_interval(section, interval);
        Self::read_rest(section, interval, interval, timeout)
    }

    fn read_interval(section: &mut Section<'_>, default: Duration) -> Duration {
        section.duration("interval", Self::MIN_INTERVAL..=Self::MAX_INTERVAL, default)
    }

    fn read_rest(section: &mut Section<'_>, interval: Duration, jitter: Duration, timeout: Duration) -> Self {
        let jitter = section.duration("jitter", Duration::ZERO..=interval, jitter);
        let timeout = section.duration("timeout", Self::MIN_TIMEOUT..=Self::MAX_TIMEOUT, timeout);
        Self::new(interval, jitter, timeout)
    }

    /// From one due time to the next.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Over how long the first due times of a source's targets are spread.
    pub fn jitter(&self) -> Duration {
        self.jitter
    }

    /// How long one collection may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

const _: () = assert!(Timing::MAX_TIMEOUT.as_nanos() < MAX_BUSY.as_nanos());
