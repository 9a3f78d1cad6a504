//! What fires, and how far the rules were evaluated.

use crate::{Advance, Page, PortError, PositionStore, TopicId, TopicPartition};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Timestamp};

/// The alerts, and all that an evaluator needs to go on where it, or another one, stood.
#[async_trait]
pub trait AlertStore: PositionStore {
    /// Stores what an evaluator found and moves its positions, in one transaction: both happen or
    /// neither, and when this returns `Ok` both survive `kill -9`.
    ///
    /// # Errors
    /// [`PortError::Fenced`] when a partition was taken over since the epoch given; [`PortError::PositionMoved`] when a
    /// position is not where its [`Advance`] expects it.
    async fn store(&self, evaluation: Arc<Evaluation>) -> Result<(), PortError>;

    /// Begins a new epoch of a partition of the topic that has this ID, later than all before, and gives it. From then
    /// on an evaluation of an earlier epoch is refused. Durable when it returns.
    async fn take_over(&self, partition: &TopicPartition, topic_id: &TopicId) -> Result<Epoch, PortError>;

    /// What evaluators remember of the series of a partition, by key, a page at a time.
    async fn memories(&self, partition: &TopicPartition, page: &Page) -> Result<Vec<Memory>, PortError>;

    /// What was remembered last of one series, from whichever partition.
    async fn memory(&self, series_key: &str) -> Result<Option<Bytes>, PortError>;

    /// All alerts, by rule and series key, at most `limit` after the one given.
    async fn alerts(&self, after: Option<&AlertKey>, limit: usize) -> Result<Vec<Alert>, PortError>;

    /// Removes alerts, each if it cleared at the instant given: one that has fired anew since stays.
    async fn remove(&self, cleared: &[(AlertKey, Timestamp)]) -> Result<(), PortError>;

    /// Answers if the store can be written to.
    async fn check(&self) -> Result<(), PortError>;
}

/// What one round of evaluation changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The epochs of the partitions it is about: if one has ended, nothing is stored.
    pub epochs: Vec<Epoch>,
    /// The positions to move.
    pub advances: Vec<Advance>,
    /// What is remembered of series from now on, in the place of what was.
    pub memories: Vec<(TopicPartition, Memory)>,
    /// Alerts that fire or clear, each in the place of the one of the same rule and series.
    pub alerts: Vec<Alert>,
}

/// A fencing token: who takes a partition over begins a new epoch of it. It tells a zombie from its successor also where
/// only time has passed and no position moves.
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
    /// Whether it is the present one of its partition, given the number of that.
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

/// What an evaluator remembers of one series, in a form that only evaluators read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The series' key.
    pub series_key: String,
    /// What is remembered; empty when there is nothing, and the series need not be kept.
    pub state: Bytes,
}

/// Which alert is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertKey {
    /// The rule's name.
    pub rule: String,
    /// The series' key.
    pub series_key: String,
}

impl AlertKey {
    /// The key of `alert`.
    pub fn of(alert: &Alert) -> Self {
        Self { rule: alert.rule.clone(), series_key: alert.series.key().to_owned() }
    }
}
