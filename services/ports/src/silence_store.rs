//! Silences.

use crate::PortError;
use async_trait::async_trait;
use watchkeeper_domain::{Silence, Timestamp};

/// The silences, kept until some time after they end.
#[async_trait]
pub trait SilenceStore: Send + Sync {
    /// Stores a silence; replaces the one with the same id. Durable once it returns.
    async fn put(&self, silence: &Silence) -> Result<(), PortError>;

    /// The silence with that id.
    async fn silence(&self, id: &str) -> Result<Option<Silence>, PortError>;

    /// At most `limit` silences that end after `instant`, those that end earliest first.
    async fn ending_after(&self, instant: Timestamp, limit: usize) -> Result<Vec<Silence>, PortError>;

    /// Removes the silences that ended before `before`; returns how many.
    async fn prune(&self, before: Timestamp) -> Result<u64, PortError>;
}
