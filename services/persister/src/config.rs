//! The section `[persister]`.

use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;

/// Most records per transaction: the default and the bounds.
pub const BATCH_RECORDS: (usize, RangeInclusive<usize>) = (10_000, 1..=100_000);
/// How long a record may wait for others: the default and the bounds.
const BATCH_AGE: (Duration, RangeInclusive<Duration>) =
    (Duration::from_millis(100), Duration::ZERO..=Duration::from_secs(10));
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long samples are kept: the default and the bounds.
const RETENTION: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(90 * 24 * 60 * 60), DAY..=Duration::from_secs(3_660 * 24 * 60 * 60));

/// Most series in the store: the default and the bounds.
pub const MAX_SERIES: (u64, RangeInclusive<u64>) = (1_000_000, 1..=1_000_000_000);

/// Batching, retention and limits of the persister.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersisterConfig {
    /// Most records per transaction.
    pub batch_records: usize,
    /// How long a record may wait for others.
    pub batch_age: Duration,
    /// How long samples are kept.
    pub retention: Duration,
    /// Most series in the store. Samples of further series are rejected.
    pub max_series: u64,
}

impl PersisterConfig {
    /// Reads the section; missing keys get their defaults.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            batch_records: section.integer("batch_records", BATCH_RECORDS.1, BATCH_RECORDS.0),
            batch_age: section.duration("batch_age", BATCH_AGE.1, BATCH_AGE.0),
            retention: section.duration("retention", RETENTION.1, RETENTION.0),
            max_series: section.integer("max_series", MAX_SERIES.1, MAX_SERIES.0),
        }
    }
}
