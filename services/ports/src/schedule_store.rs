//! When periodic jobs last began.

use crate::PortError;
use async_trait::async_trait;
use std::collections::HashMap;
use watchkeeper_domain::Timestamp;

/// When each periodic job last began, so that a restart does not run it early.
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// All marks of `owner` (a role): job to instant.
    async fn marks(&self, owner: &str) -> Result<HashMap<String, Timestamp>, PortError>;

    /// Sets marks of `owner`; the others stay. Durable once it returns.
    async fn mark(&self, owner: &str, marks: &[(String, Timestamp)]) -> Result<(), PortError>;
}
