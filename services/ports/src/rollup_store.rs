//! Hourly and daily rollups.

use crate::{Page, PortError, SeriesDeletion};
use async_trait::async_trait;
use watchkeeper_domain::{RollupQuery, SeriesRollups, Timestamp, Window};

/// The rollups of every series. They are kept for longer than the samples they aggregate.
#[async_trait]
pub trait RollupStore: SeriesDeletion {
    /// Stores rollups of `window`. Each replaces the one of the same series and start, unless that one
    /// aggregates more samples: when a window is rolled up again, some of its samples may have been pruned.
    /// Idempotent. Durable once it returns; after an error some may have been stored.
    async fn put(&self, window: Window, rollups: &[SeriesRollups]) -> Result<(), PortError>;

    /// The rollups of the matching series, by key; the page counts series. A series without rollups in these
    /// windows is omitted and does not count.
    async fn rollups(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError>;

    /// The instant up to which `pass` has rolled up; `None` if it never ran. Kept in this store, so that a
    /// store that is lost is filled again.
    async fn made_until(&self, pass: &str) -> Result<Option<Timestamp>, PortError>;

    /// Records how far `pass` has come. Durable once it returns.
    async fn set_made_until(&self, pass: &str, until: Timestamp) -> Result<(), PortError>;

    /// The same as a compare-and-set: only if `pass` is still at `expected`; returns whether it is. So a
    /// roller does not overwrite a concurrent request to roll up again.
    async fn move_made_until(
        &self,
        pass: &str,
        expected: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<bool, PortError>;

    /// Removes the rollups of `window` that start before `before`, and series that have none left; returns
    /// how many rollups. Works in steps, so that writes are not blocked meanwhile.
    async fn prune(&self, window: Window, before: Timestamp) -> Result<u64, PortError>;

    /// Health check: returns `Ok` if the store accepts writes.
    async fn check(&self) -> Result<(), PortError>;
}
