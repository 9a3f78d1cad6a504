//! Instants on a page.

use crate::format::{ago, clock};
use watchkeeper_domain::Timestamp;

/// An instant, for machines and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// RFC 3339.
    pub(super) at: String,
    pub(super) text: String,
}

impl Moment {
    /// As an age, which the script keeps up to date.
    pub(super) fn ago(at: Timestamp, now: Timestamp) -> Self {
        Self { at: at.to_string(), text: ago(at, now) }
    }

    /// As a time of day.
    pub(super) fn clock(at: Timestamp, now: Timestamp) -> Self {
        Self { at: at.to_string(), text: clock(at, now) }
    }
}
