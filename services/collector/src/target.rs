//! The interface of sources: targets that are collected from at intervals.

use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::HttpError;
use watchkeeper_runtime::MAX_BUSY;

/// A target of periodic collection: a host's disks, one repository, one URL.
#[async_trait]
pub trait Target: Send + 'static {
    /// Its source, as in samples and metrics: `host`.
    fn source(&self) -> &'static str;

    /// Its unique name in logs and in the schedule. It must stay the same across restarts.
    fn name(&self) -> &str;

    /// Its interval and timeout.
    fn timing(&self) -> Timing;

    /// Collects now. A value that was returned before must not be returned as a new sample, unless the source
    /// confirms it again.
    ///
    /// Must not block: blocking reads belong in [`tokio::task::spawn_blocking`]. Dropped on timeout, and called again
    /// at the next due time.
    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError>;

    /// Whether the site that the target probes is up; `None` if it probes none, or does not know yet.
    fn is_up(&self) -> Option<bool> {
        None
    }

    /// Samples that report a collection that failed with `error`; none by default.
    fn failed(&mut self, _error: &CollectError) -> Vec<Sample> {
        Vec::new()
    }
}

/// The sources: which targets a configuration has, and how to make them.
pub trait Sources: Send + 'static {
    /// The configuration of all targets.
    type Config: Send + Sync + 'static;
    /// That of one: a target with the same definition is the same target.
    type Definition: PartialEq + Send + Sync + 'static;

    /// The definitions of all targets, with their names.
    fn definitions(&mut self, config: &Self::Config) -> Vec<(Arc<str>, Self::Definition)>;

    /// Makes a target.
    fn open(&mut self, definition: &Self::Definition) -> Box<dyn Target>;
}

/// Why a collection failed. The text is for operators, and never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollectError {
    /// The target cannot be reached or read.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("no answer within {}", spelled(*.0))]
    TimedOut(Duration),
    /// It refuses requests: a quota is exhausted, or a token is not accepted.
    #[error("refused: {reason}")]
    Refused {
        /// Why, in the target's words.
        reason: String,
        /// When it may be asked again, if it said so.
        until: Option<Timestamp>,
    },
    /// This host cannot probe it at all: the kernel refuses the socket, or the host has no network. Says nothing about
    /// the target.
    #[error("cannot probe: {0}")]
    CannotProbe(String),
    /// It answered, but not as expected.
    #[error("unexpected answer: {0}")]
    Malformed(String),
}

/// `3 s`, or in milliseconds: `1500 ms`.
pub(crate) fn spelled(timeout: Duration) -> String {
    match (timeout.as_secs(), timeout.subsec_millis()) {
        (seconds, 0) => format!("{seconds} s"),
        _ => format!("{} ms", timeout.as_millis()),
    }
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

/// Interval, jitter and timeout of a target. Valid by construction.
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
    /// Longest timeout. Shorter than the limit for a hung loop, so that the watchdog does not mistake a slow
    /// target for one.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(15);

    /// Due every `interval`, at first up to `jitter` late (a fixed share per target), and aborted after `timeout`.
    /// Values outside the bounds are clamped; the jitter is at most the interval.
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

    /// The same for a source with many targets: the jitter defaults to the interval.
    pub(crate) fn read_spread(section: &mut Section<'_>, interval: Duration, timeout: Duration) -> Self {
        let interval = Self::read_interval(section, interval);
        Self::read_rest(section, interval, interval, timeout)
    }

    fn read_interval(section: &mut Section<'_>, default: Duration) -> Duration {
        section.duration("interval", Self::MIN_INTERVAL..=Self::MAX_INTERVAL, default)
    }

    fn read_rest(section: &mut Section<'_>, interval: Duration, jitter: Duration, timeout: Duration) -> Self {
        // That of a group may be longer than the interval of one of its targets, which is no mistake.
        let most = if section.inherits("jitter") { Self::MAX_INTERVAL } else { interval };
        let jitter = section.duration("jitter", Duration::ZERO..=most, jitter);
        let timeout = section.duration("timeout", Self::MIN_TIMEOUT..=Self::MAX_TIMEOUT, timeout);
        Self::new(interval, jitter, timeout)
    }

    /// The same, but due no more often than every `interval`.
    pub(crate) fn at_least_every(self, interval: Duration) -> Self {
        Self::new(self.interval.max(interval), self.jitter, self.timeout)
    }

    /// The time between due times.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// The period over which the first due times of a source's targets are spread.
    pub fn jitter(&self) -> Duration {
        self.jitter
    }

    /// The timeout of one collection.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

const _: () = assert!(Timing::MAX_TIMEOUT.as_nanos() < MAX_BUSY.as_nanos());
