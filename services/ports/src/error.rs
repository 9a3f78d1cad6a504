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
#[derive(Clone, Debug, thiserror::Error)]
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
    /// There is no room for so many series.
    #[error("{what} has {series} series, and there may be no more")]
    TooManySeries {
        /// The dependency.
        what: &'static str,
        /// How many series it has, at least.
        series: u64,
        /// The samples for whose series there is no room: their indices in the batch, rising.
        samples: Vec<usize>,
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
    /// What to do about it. A moved position ends the subscription; the next one starts from the store.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Unavailable { .. } | Self::PositionMoved { .. } => Failure::Retry,
            Self::Rejected { .. } | Self::TooManySeries { .. } => Failure::Reject,
            Self::Broken { .. } => Failure::Stop,
        }
    }
}
