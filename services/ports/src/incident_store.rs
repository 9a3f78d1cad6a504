//! Incidents.

use crate::PortError;
use async_trait::async_trait;
use watchkeeper_domain::{Incident, Timestamp};

/// The incidents on status pages, kept until some time after they end.
#[async_trait]
pub trait IncidentStore: Send + Sync {
    /// Stores an incident, unless there is one with its id that has at least as many updates: then somebody else has
    /// added one meanwhile, nothing is stored, and it returns false. Durable once it returns.
    async fn put(&self, incident: &Incident) -> Result<bool, PortError>;

    /// The incident with that id.
    async fn incident(&self, id: &str) -> Result<Option<Incident>, PortError>;

    /// At most `limit` incidents that have not ended before `instant` ([`Incident::ends_at`]): first those without an
    /// end, then those that end last; of those that end together, by id.
    async fn ending_from(&self, instant: Timestamp, limit: usize) -> Result<Vec<Incident>, PortError>;

    /// At most `limit` incidents with an id after `after`, in the order of the bytes of their ids.
    async fn incidents(&self, after: Option<&str>, limit: usize) -> Result<Vec<Incident>, PortError>;

    /// Removes the incidents that ended before `before`; returns how many.
    async fn prune(&self, before: Timestamp) -> Result<u64, PortError>;
}
