//! A bus that the role depends on, and its health.

use parking_lot::Mutex;
use std::sync::Arc;
use watchkeeper_ports::{EventBus, Failure, PortError, RecordBatch, Topic};
use watchkeeper_runtime::{Dependency, probe};

/// Publishes, and keeps the role's dependency on the bus up or down.
pub(crate) struct WatchedBus {
    bus: Arc<dyn EventBus>,
    /// The topic that health checks query.
    asked: Topic,
    pub(crate) dependency: Dependency,
    /// Why a call failed, for the first time since the last check.
    failed: Mutex<Option<PortError>>,
}

impl WatchedBus {
    pub(crate) fn new(bus: Arc<dyn EventBus>, asked: Topic, dependency: Dependency) -> Self {
        Self { bus, asked, dependency, failed: Mutex::default() }
    }

    /// Publishes a batch; it is durable when this returns `Ok`.
    pub(crate) async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        let published = self.bus.publish(topic, batch).await;
        published.map_err(|error| match error.failure() {
            Failure::Reject => error,
            Failure::Retry | Failure::Stop => self.failed(error),
        })
    }

    /// Health check of the bus. A full bus answers, too: while publishing fails, it stays down.
    ///
    /// # Errors
    /// Only a failure that a restart may help, of this check or of a batch since the previous one.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        let failed = self.failed.lock().take();
        if let Some(error) = &failed
            && error.failure() == Failure::Stop
        {
            return Err(error.clone());
        }
        let asked = async {
            let watermarks = self.bus.watermarks(&self.asked).await;
            watermarks.map_err(|error| named(self.dependency.name(), error))
        };
        let answers = probe::answers(&self.dependency, asked).await?;
        if answers && failed.is_none() {
            self.dependency.up();
        }
        Ok(())
    }

    /// Records a failure until the next check, and returns it under the operator's name for this bus.
    pub(crate) fn failed(&self, error: PortError) -> PortError {
        let error = named(self.dependency.name(), error);
        self.dependency.down(&error);
        self.failed.lock().get_or_insert_with(|| error.clone());
        error
    }
}

fn named(what: &'static str, error: PortError) -> PortError {
    match error {
        PortError::Unavailable { reason, .. } => PortError::Unavailable { what, reason },
        PortError::Rejected { reason, .. } => PortError::Rejected { what, reason },
        PortError::Broken { reason, .. } => PortError::Broken { what, reason },
        of_stores @ (PortError::PositionMoved { .. }
        | PortError::Fenced { .. }
        | PortError::ItemsRejected { .. }) => of_stores,
    }
}
