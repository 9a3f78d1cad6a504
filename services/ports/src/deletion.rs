//! Deleting what is stored of series.

use crate::PortError;
use async_trait::async_trait;
use watchkeeper_domain::SeriesFilter;

/// Deletes what is stored of series, whatever its age.
#[async_trait]
pub trait SeriesDeletion: Send + Sync {
    /// One step: deletes what is stored of the matching series with keys after `after`, and those series that have
    /// nothing left, a limited number at a time, so that others are served meanwhile. Durable once it returns.
    ///
    /// Steps that follow each other, from the empty key to [`Deleted::next`] until there is none, delete everything that
    /// matched when they began. What is stored meanwhile may stay.
    async fn delete(&self, filter: &SeriesFilter, after: &str) -> Result<Deleted, PortError>;
}

/// What one step has deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Series that are gone.
    pub series: u64,
    /// Samples or rollups that are gone.
    pub items: u64,
    /// The key after which the next step continues; `None` if everything is done.
    pub next: Option<String>,
}
