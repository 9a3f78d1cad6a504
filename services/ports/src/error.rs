//! What can go wrong behind a port, and what to do about it.

use crate::{Offset, TopicPartition};

/// Every failure is one of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The same call may succeed later: keep the position, wait, try again.
    Retry,
    /// This input will never be accepted: dead-letter it and go on.
    Reject,
    /// Only a restart or an operator helps: end the process and let systemd start it anew.
    Stop,
}

/// A port's error. Its text is for an operator, and never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Not reachable, busy or full.
    #[error("{what} is not available: {reason}")]
    Unavailable {
        /// The dependency, as the operator knows it: `bus`, `store`.
        what: &'static str,
        /// Why, as the engine put it.
        reason: String,
    },
    /// The input breaks a rule of the engine.
    #[error("{what} refuses the input: {reason}")]
    Rejected {
        /// The dependency.
        what: &'static str,
        /// Which rule.
        reason: String,
    },
    /// Some items of a batch break a rule of the engine; the others would be taken.
    #[error("{what} refuses {} items: {reason}", items.len())]
    ItemsRejected {
        /// The dependency.
        what: &'static str,
        /// Which rule.
        reason: String,
        /// The indices in the batch, rising.
        items: Vec<usize>,
    },
    /// Somebody else has moved this consumer's position: this one is a zombie, and nothing was stored.
    #[error("the position of {partition} is {found}, not {expected}: another consumer has taken over")]
    PositionMoved {
        /// The partition whose position has moved.
        partition: TopicPartition,
        /// Where the caller believed it to be.
        expected: Offset,
        /// Where it is.
        found: Offset,
    },
    /// Somebody else has taken the partition over: this one is a zombie, and nothing was stored.
    #[error("{partition} was taken over by another consumer: its epoch is {found}, not {expected}")]
    Fenced {
        /// The partition.
        partition: TopicPartition,
        /// The epoch in which the caller took it over.
        expected: u64,
        /// The epoch it is in.
        found: u64,
    },
    /// The engine is damaged, of another version, or misconfigured.
    #[error("{what} is unusable: {reason}")]
    Broken {
        /// The dependency.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

impl PortError {
    /// What to do about it. A zombie's subscription ends; the next one starts from the store.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Unavailable { .. } | Self::PositionMoved { .. } | Self::Fenced { .. } => Failure::Retry,
            Self::Rejected { .. } | Self::ItemsRejected { .. } => Failure::Reject,
            Self::Broken { .. } => Failure::Stop,
        }
    }

    /// Whether another consumer has taken over from the caller.
    pub const fn is_of_a_zombie(&self) -> bool {
        matches!(self, Self::PositionMoved { .. } | Self::Fenced { .. })
    }
}
