//! Alerts, and the state of the evaluators.

use crate::{Advance, Page, PortError, PositionStore, TopicId, TopicPartition};
use async_trait::async_trait;
use bytes::Bytes;
use siphasher::sip::SipHasher13;
use std::fmt;
use std::hash::Hasher as _;
use std::sync::Arc;
use watchkeeper_domain::{Acknowledgement, Alert, Timestamp};

/// The alerts, and everything that an evaluator needs to continue where it, or another one, stopped.
#[async_trait]
pub trait AlertStore: PositionStore {
    /// Stores the result of an evaluation and commits its positions in one transaction: both happen or
    /// neither, and once this returns `Ok` both survive `kill -9`.
    ///
    /// # Errors
    /// [`PortError::Fenced`] when a partition was taken over after the given epoch began;
    /// [`PortError::PositionMoved`] when a position is not what its [`Advance`] expects.
    async fn store(&self, evaluation: Arc<Evaluation>) -> Result<(), PortError>;

    /// Begins a new epoch of a partition of the topic with this ID, later than all before, and returns it.
    /// From then on evaluations of earlier epochs are fenced. Durable once it returns.
    async fn take_over(&self, partition: &TopicPartition, topic_id: &TopicId) -> Result<Epoch, PortError>;

    /// The evaluators' memory of the series of a partition, by series key, a page at a time.
    async fn memories(&self, partition: &TopicPartition, page: &Page) -> Result<Vec<Memory>, PortError>;

    /// The last memory of one series, from whichever partition.
    async fn memory(&self, series_key: &str) -> Result<Option<Bytes>, PortError>;

    /// Alerts by rule and series key: at most `limit` after the given one.
    async fn alerts(&self, after: Option<&AlertKey>, limit: usize) -> Result<Vec<Alert>, PortError>;

    /// The memories of the series for which a rule is pending, the last one of each series, by series key: at most
    /// `limit`. Memories stored by a version that did not know [`Memory::pending`] are among them.
    async fn pending(&self, limit: usize) -> Result<Vec<Memory>, PortError>;

    /// Acknowledges alerts, each if it still fires since the given instant, until it fires anew; replaces an earlier
    /// acknowledgement, and `None` takes it back. Returns how many. Durable once it returns.
    async fn acknowledge(
        &self,
        firing: &[(AlertKey, Timestamp)],
        acknowledgement: Option<&Acknowledgement>,
    ) -> Result<u64, PortError>;

    /// Removes each alert that cleared at the given instant: one that has fired again since stays. The past keeps it.
    async fn remove(&self, cleared: &[(AlertKey, Timestamp)]) -> Result<(), PortError>;

    /// The past: every alert stored as cleared, once for each time that it fired, the last to clear first.
    async fn past(&self, question: &PastAlerts) -> Result<Vec<Alert>, PortError>;

    /// Removes from the past what cleared before `before`, and all but the last `most` to clear; returns how many.
    async fn prune(&self, before: Timestamp, most: u64) -> Result<u64, PortError>;

    /// Health check: returns `Ok` if the store accepts writes.
    async fn check(&self) -> Result<(), PortError>;
}

/// The result of one evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The epochs of the evaluated partitions: if one has ended, nothing is stored.
    pub epochs: Vec<Epoch>,
    /// The positions to commit.
    pub advances: Vec<Advance>,
    /// The new memory of series; each replaces the previous one.
    pub memories: Vec<(TopicPartition, Memory)>,
    /// Alerts that fire or clear; each replaces the one of the same rule and series. One that fires since the same
    /// instant stays acknowledged. Those that clear enter the past as well.
    pub alerts: Vec<Alert>,
    /// Alerts for the past alone: they cleared, and fire again already. Those of the same rule, series and beginning are
    /// replaced.
    pub past: Vec<Alert>,
}

/// A fencing token: taking a partition over begins a new epoch of it. It fences a zombie even when only time
/// has passed and no position moves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch {
    /// The partition.
    pub partition: TopicPartition,
    /// The ID of its topic. Each topic has epochs of its own.
    pub topic_id: TopicId,
    /// How often the partition has been taken over, from 1.
    pub number: u64,
}

impl Epoch {
    /// Checks that this is the partition's current epoch; `found` is the number of that one.
    ///
    /// # Errors
    /// [`PortError::Fenced`].
    pub fn check(&self, found: u64) -> Result<(), PortError> {
        if found == self.number {
            return Ok(());
        }
        Err(PortError::Fenced { partition: self.partition.clone(), expected: self.number, found })
    }
}

/// An evaluator's state of one series, in a form that only evaluators read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The series' key.
    pub series_key: String,
    /// The state; empty if there is none and the series need not be kept.
    pub state: Bytes,
    /// Whether a rule is pending for the series: its condition holds, but not for long enough yet.
    pub pending: bool,
}

/// Which alerts of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastAlerts {
    /// Of one rule and series; `None`: of all.
    pub of: Option<AlertKey>,
    /// Only what cleared at or after this instant.
    pub since: Timestamp,
    /// Only what comes after this one in the order of the answer; `None` for the first page.
    pub after: Option<PastKey>,
    /// Maximum number of alerts.
    pub limit: usize,
}

/// The place of an alert in the past, which is ordered by it, descending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PastKey {
    /// When it cleared.
    pub cleared_at: Timestamp,
    /// Its rule and series.
    pub key: AlertKey,
    /// When it began to fire.
    pub fired_at: Timestamp,
}

impl PastKey {
    /// The place of `alert`; `None` while it fires.
    pub fn of(alert: &Alert) -> Option<Self> {
        let cleared_at = alert.cleared_at?;
        Some(Self { cleared_at, key: AlertKey::of(alert), fired_at: alert.fired_at })
    }
}

/// Identifies an alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertKey {
    /// The rule's name.
    pub rule: String,
    /// The series' key.
    pub series_key: String,
}

/// `rule` and the series' key, for logs.
impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.rule, self.series_key)
    }
}

impl AlertKey {
    /// A short name of the alert, the same in every process: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        let mut hasher = SipHasher13::new();
        hasher.write(self.rule.as_bytes());
        hasher.write_u8(0);
        hasher.write(self.series_key.as_bytes());
        format!("{:016x}", hasher.finish())
    }

    /// The key of `alert`.
    pub fn of(alert: &Alert) -> Self {
        Self { rule: alert.rule.clone(), series_key: alert.series.key().to_owned() }
    }
}
