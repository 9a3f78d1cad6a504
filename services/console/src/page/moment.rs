//! Instants on a page.

use crate::format::{ago, clock};
use watchkeeper_domain::Timestamp;

/// An instant, as programs and as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// RFC 3339.
    pub(super) at: String,
    pub(super) text: String,
}

impl Moment {
    /// How long ago it was; the script keeps that up to date.
    pub(super) fn ago(at: Timestamp, now: Timestamp) -> Self {
        Self { at: at.to_string(), text: ago(at, now) }
    }

    /// When it will be.
    pub(super) fn clock(at: Timestamp, now: Timestamp) -> Self {
        Self { at: at.to_string(), text: clock(at, now) }
    }
}
