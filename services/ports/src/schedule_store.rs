//! When each thing that is done at intervals was last begun.

use crate::PortError;
use async_trait::async_trait;
use std::collections::HashMap;
use watchkeeper_domain::Timestamp;

/// When each thing that is done at intervals was last begun, so that a restart does not begin it early.
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// Every mark under `owner` (a role), by what it marks.
    async fn marks(&self, owner: &str) -> Result<HashMap<String, Timestamp>, PortError>;

    /// Sets marks under `owner`; the others stay. Durable when it returns.
    async fn mark(&self, owner: &str, marks: &[(String, Timestamp)]) -> Result<(), PortError>;
}
