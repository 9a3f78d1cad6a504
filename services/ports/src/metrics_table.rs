//! The samples of the previous platform.

use crate::{PortError, TopicId};
use async_trait::async_trait;
use watchkeeper_domain::Timestamp;

/// The table `metrics` in which the previous platform keeps its samples. Read-only.
#[async_trait]
pub trait MetricsTable: Send + Sync {
    /// The table's identity and its current end.
    ///
    /// # Errors
    /// [`PortError::Broken`] when there is no such table, or it is not the expected one.
    async fn extent(&self) -> Result<TableExtent, PortError>;

    /// The rows from number `from` on, by number: at most `limit`, fewer if they are large; none only at the
    /// end. A row may later appear before rows that were already read: it gets its number when it is written,
    /// and is visible when it is committed.
    async fn rows(&self, from: u64, limit: usize) -> Result<Vec<MetricsRow>, PortError>;
}

/// A table's identity and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableExtent {
    /// The same for the same table; different for any other.
    pub table_id: TopicId,
    /// The number after the last row's.
    pub end: u64,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsRow {
    /// Its number.
    pub id: u64,
    /// The source; truncated after [`Self::MAX_TEXT_CHARS`].
    pub source: String,
    /// The name; truncated likewise.
    pub name: String,
    /// The value.
    pub value: f64,
    /// The labels as JSON, `null` if there are none; truncated after [`Self::MAX_LABELS_CHARS`].
    pub labels: String,
    /// When it was measured; `None` outside 1970 to 9999.
    pub collected_at: Option<Timestamp>,
}

impl MetricsRow {
    /// Most characters of a text that are read.
    pub const MAX_TEXT_CHARS: usize = 1024;
    /// Most characters of the labels that are read: more than any labels within the limits have.
    pub const MAX_LABELS_CHARS: usize = 64 * 1024;
}
