//! The bus, and whether it can be used.

use std::sync::{Arc, Mutex, PoisonError};
use watchkeeper_ports::{EventBus, Failure, PortError, RecordBatch, Topic};
use watchkeeper_runtime::{Dependency, probe};

/// Publishes to topic `metrics`, and keeps the role's dependency `bus` up or down.
pub(crate) struct WatchedBus {
    bus: Arc<dyn EventBus>,
    dependency: Dependency,
    /// Why publishing has failed, the first time since the last check.
    failed: Mutex<Option<PortError>>,
}

impl WatchedBus {
    pub(crate) fn new(bus: Arc<dyn EventBus>, dependency: Dependency) -> Self {
        Self { bus, dependency, failed: Mutex::default() }
    }

    /// Publishes a batch; it is durable when this returns `Ok`.
    pub(crate) async fn publish(&self, batch: RecordBatch) -> Result<(), PortError> {
        let published = self.bus.publish(&Topic::METRICS, batch).await;
        if let Err(error) = &published
            && error.failure() != Failure::Reject
        {
            self.note(error);
        }
        published
    }

    /// Asks whether the bus answers. One that is full does: as long as publishing fails, it stays down.
    ///
    /// # Errors
    /// Only a failure that a restart may help, of this question or of a batch since the last one.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(error) = &failed
            && error.failure() == Failure::Stop
        {
            return Err(error.clone());
        }
        let answers = probe::answers(&self.dependency, self.bus.extents(&Topic::METRICS)).await?;
        if answers && failed.is_none() {
            self.dependency.up();
        }
        Ok(())
    }

    /// Says so in the log once for each check, however many senders there are.
    fn note(&self, error: &PortError) {
        self.dependency.down(error);
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_none() {
            tracing::warn!(%error, "cannot publish samples");
            *failed = Some(error.clone());
        }
    }
}
