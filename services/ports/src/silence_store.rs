//! The silences.

use crate::PortError;
use async_trait::async_trait;
use watchkeeper_domain::{Silence, Timestamp};

/// The silences, until some time after they have ended.
#[async_trait]
pub trait SilenceStore: Send + Sync {
    /// Keeps a silence, in the place of the one with its id. Durable when it returns.
    async fn put(&self, silence: &Silence) -> Result<(), PortError>;

    /// The silence with that id.
    async fn silence(&self, id: &str) -> Result<Option<Silence>, PortError>;

    /// The silences that end after `instant`, those that end first first, at most `limit`.
    async fn ending_after(&self, instant: Timestamp, limit: usize) -> Result<Vec<Silence>, PortError>;

    /// Removes the silences that ended before `before`; gives how many.
    async fn prune(&self, before: Timestamp) -> Result<u64, PortError>;
}
