//! What the previous platform has stored.

use crate::{PortError, TopicId};
use async_trait::async_trait;
use watchkeeper_domain::Timestamp;

/// The table `metrics` in which the previous platform keeps its samples. It is read, and stays as it is.
#[async_trait]
pub trait MetricsTable: Send + Sync {
    /// Which table it is, and how far it reaches now.
    ///
    /// # Errors
    /// [`PortError::Broken`] when there is no such table, or it is another than the one that is meant.
    async fn extent(&self) -> Result<TableExtent, PortError>;

    /// The rows from the number `from` on, by number: at most `limit`, fewer where they are large; none only where
    /// no more follow. A row may appear behind rows that were read: it gets its number when it is written, and is
    /// seen when it is committed.
    async fn rows(&self, from: u64, limit: usize) -> Result<Vec<MetricsRow>, PortError>;
}

/// Which table it is, and how far it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableExtent {
    /// The same for the same table, another for each other one.
    pub table_id: TopicId,
    /// The number after that of the last row.
    pub end: u64,
}

/// A row, as it stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsRow {
    /// Its number.
    pub id: u64,
    /// Where it comes from; cut off behind [`Self::MAX_TEXT_CHARS`].
    pub source: String,
    /// What was measured; cut off likewise.
    pub name: String,
    /// What was measured.
    pub value: f64,
    /// The labels as JSON, `null` where there are none; cut off behind [`Self::MAX_LABELS_CHARS`].
    pub labels: String,
    /// When it was measured, if that is an instant from 1970 to 9999.
    pub collected_at: Option<Timestamp>,
}

impl MetricsRow {
    /// Characters of a text that are read.
    pub const MAX_TEXT_CHARS: usize = 1024;
    /// Characters of the labels that are read: more than any that are within the limits.
    pub const MAX_LABELS_CHARS: usize = 64 * 1024;
}
