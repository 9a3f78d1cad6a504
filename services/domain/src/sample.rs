//! One value of one series at one instant.

use crate::{Note, Series, Timestamp};
use std::sync::Arc;

/// One value of one series at one instant.
///
/// Series and instant are its identity: a second sample with the same two is a duplicate, and only the first
/// is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The series; shared, because a series has many samples.
    pub series: Arc<Series>,
    /// When it was measured.
    pub collected_at: Timestamp,
    /// The value in the series' unit; finite.
    pub value: f64,
    /// What its source says about the value, such as why a probe failed.
    pub note: Option<Note>,
}

impl Sample {
    /// A sample without a note.
    pub const fn new(series: Arc<Series>, collected_at: Timestamp, value: f64) -> Self {
        Self { series, collected_at, value, note: None }
    }

    /// The same with a note.
    #[must_use]
    pub fn with_note(self, note: Note) -> Self {
        Self { note: Some(note), ..self }
    }
}
