//! One value of one series at one instant.

use crate::{Series, Timestamp};
use std::sync::Arc;

/// One value of one series at one instant.
///
/// The series and the instant are its identity: a second sample of the same series at the same instant
/// is the same sample, and is kept once (the first stays).
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What was measured; shared, because a series has many samples.
    pub series: Arc<Series>,
    /// When it was measured.
    pub collected_at: Timestamp,
    /// What was measured, in the series' unit; finite.
    pub value: f64,
}
