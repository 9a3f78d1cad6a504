//! One value of one series at one instant.

use crate::{Series, Timestamp};
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
}
