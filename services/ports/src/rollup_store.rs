//! What samples became, window by window.

use crate::{Page, PortError};
use async_trait::async_trait;
use watchkeeper_domain::{RollupQuery, SeriesRollups, Timestamp, Window};

/// The rollups of every series, for longer than the samples they were made of.
#[async_trait]
pub trait RollupStore: Send + Sync {
    /// Stores rollups of `window`, each in the place of the one of the same series and start unless that was
    /// made of more samples: of a window that is made again, samples may have been pruned. Doing it twice
    /// changes nothing. Durable when it returns; after an error some may have been stored.
    async fn put(&self, window: Window, rollups: &[SeriesRollups]) -> Result<(), PortError>;

    /// The rollups of the series that match, by key; the page counts series. A series without any among
    /// the windows asked for is left out and does not count.
    async fn rollups(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError>;

    /// Up to which instant `pass` has made its rollups; `None` if it never made any. Kept here and not
    /// elsewhere, so that a store that is lost is filled again.
    async fn made_until(&self, pass: &str) -> Result<Option<Timestamp>, PortError>;

    /// Notes how far `pass` has come. Durable when it returns.
    async fn set_made_until(&self, pass: &str, until: Timestamp) -> Result<(), PortError>;

    /// The same, if `pass` still stands where `expected` has it; tells whether it does. So the one who made rollups
    /// does not write over the note of another who wants them made anew.
    async fn move_made_until(
        &self,
        pass: &str,
        expected: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<bool, PortError>;

    /// Removes the rollups of `window` that start before `before`, and series that have none left; gives
    /// how many rollups. Works in steps, so that others are stored meanwhile.
    async fn prune(&self, window: Window, before: Timestamp) -> Result<u64, PortError>;

    /// Answers if the store can be written to.
    async fn check(&self) -> Result<(), PortError>;
}
