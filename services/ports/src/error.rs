//! What can go wrong behind a port, and how to react.

use crate::{Offset, TopicPartition};
use std::fmt;

/// The three ways to react to an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The same call may succeed later: keep the position, wait, retry.
    Retry,
    /// This input will never be accepted: dead-letter it and continue.
    Reject,
    /// Only a restart or an operator helps: exit, and let systemd restart the process.
    Stop,
}

/// An error of a query that may name the dependency at fault.
pub trait OfDependency: fmt::Display {
    /// The dependency, as operators know it: `bus`, `store`.
    fn dependency(&self) -> Option<&'static str>;
}

/// A port's error. Its text is for an operator, and never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The engine is unreachable, busy or full.
    #[error("{what} unavailable: {reason}")]
    Unavailable {
        /// The dependency, as operators know it: `bus`, `store`.
        what: &'static str,
        /// The engine's own message.
        reason: String,
    },
    /// The engine will never accept this input.
    #[error("{what} refuses the input: {reason}")]
    Rejected {
        /// The dependency.
        what: &'static str,
        /// Which rule.
        reason: String,
    },
    /// The engine will never accept some items of the batch; it would accept the others.
    #[error("{what} refuses {} items: {reason}", items.len())]
    ItemsRejected {
        /// The dependency.
        what: &'static str,
        /// Which rule.
        reason: String,
        /// Their indices in the batch, ascending.
        items: Vec<usize>,
    },
    /// Another consumer has moved this one's position: this one is a zombie, and nothing was stored.
    #[error("the position of {partition} is {found}, not {expected}: another consumer has taken over")]
    PositionMoved {
        /// The partition whose position has moved.
        partition: TopicPartition,
        /// The position that the caller expected.
        expected: Offset,
        /// The position in the store.
        found: Offset,
    },
    /// Another consumer has taken the partition over: this one is a zombie, and nothing was stored.
    #[error("{partition} was taken over by another consumer: its epoch is {found}, not {expected}")]
    Fenced {
        /// The partition.
        partition: TopicPartition,
        /// The epoch that the caller began.
        expected: u64,
        /// The partition's epoch in the store.
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
    /// How to react. A zombie's subscription ends; the next one starts from the store.
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

impl OfDependency for PortError {
    fn dependency(&self) -> Option<&'static str> {
        match self {
            Self::Unavailable { what, .. }
            | Self::Rejected { what, .. }
            | Self::ItemsRejected { what, .. }
            | Self::Broken { what, .. } => Some(what),
            Self::PositionMoved { .. } | Self::Fenced { .. } => None,
        }
    }
}
