//! Why something cannot be changed.

use std::fmt;
use std::time::Duration;
use watchkeeper_ports::PortError;

/// When to try again after [`ChangeError::TooMany`].
pub const TRY_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Why something was not changed.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeError {
    /// There is no such thing: what is missing, without an article.
    NotFound(String),
    /// The present state does not allow it: what the state is, and what to do.
    Conflict(String),
    /// There are too many alerts to find it; it may be possible later.
    TooMany(String),
    /// A store failed.
    Store(PortError),
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what) => write!(f, "there is no {what}"),
            Self::Conflict(reason) | Self::TooMany(reason) => f.write_str(reason),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl From<PortError> for ChangeError {
    fn from(error: PortError) -> Self {
        Self::Store(error)
    }
}
