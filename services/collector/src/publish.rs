//! Publishing what was collected.

use crate::backlog::Backlog;
use crate::metrics::CollectorMetrics;
use std::sync::Arc;
use tokio::time::sleep;
use watchkeeper_ports::{EventBus, Failure, PortError, Topic};
use watchkeeper_runtime::{
    Dependency, Grouped, Heartbeat, RETRY_AT_LEAST, RoleContext, RoleResult, Stopped, retry,
};

/// Moves samples from the backlog to topic `metrics`.
pub(crate) struct Publisher {
    context: RoleContext,
    heartbeat: Heartbeat,
    dependency: Dependency,
    bus: Arc<dyn EventBus>,
    backlog: Arc<Backlog>,
    metrics: Arc<CollectorMetrics>,
}

impl Publisher {
    pub(crate) fn new(
        context: &RoleContext,
        bus: Arc<dyn EventBus>,
        dependency: Dependency,
        backlog: Arc<Backlog>,
        metrics: Arc<CollectorMetrics>,
    ) -> Self {
        Self {
            context: context.clone(),
            heartbeat: context.heartbeat("publish"),
            dependency,
            bus,
            backlog,
            metrics,
        }
    }

    /// Publishes as samples come, until the role is asked to stop. What comes while a batch is on its
    /// way goes out together in the next.
    pub(crate) async fn run(&self) -> RoleResult {
        match self.publish_all().await {
            Ok(()) | Err(Stopped::Shutdown) => Ok(()),
            Err(Stopped::Failed(error)) => Err(error.into()),
        }
    }

    async fn publish_all(&self) -> Result<(), Stopped> {
        // The first samples may be an hour away, and the role is not ready before its bus is.
        retry(&self.context, &self.heartbeat, &self.dependency, || self.reach()).await?;
        loop {
            tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => return Ok(()),
                () = self.heartbeat.idle(self.backlog.filled()) => {}
            }
            retry(&self.context, &self.heartbeat, &self.dependency, || self.publish_front()).await?;
        }
    }

    /// Publishes all there is, however often it takes.
    pub(crate) async fn flush(&self) {
        while self.backlog.samples() > 0 {
            if let Err(error) = self.publish_front().await {
                tracing::warn!(%error, "cannot publish the last samples yet");
                sleep(RETRY_AT_LEAST).await;
            }
        }
    }

    async fn reach(&self) -> Result<(), PortError> {
        self.bus.watermarks(&Topic::METRICS).await.map(drop).map_err(|error| self.with_losses(error))
    }

    async fn publish_front(&self) -> Result<(), PortError> {
        let front = self.backlog.front();
        let samples = front.samples();
        match self.bus.publish(&Topic::METRICS, front.encode()).await {
            Ok(()) => self.metrics.published.inc_by(samples as u64),
            Err(error) if error.failure() == Failure::Reject => {
                tracing::error!(%error, samples, "dropped samples that the bus does not take");
                self.metrics.dropped.inc_by(samples as u64);
            }
            Err(error) => return Err(self.with_losses(error)),
        }
        self.backlog.remove(&front);
        Ok(())
    }

    /// The status line is not shown while the bus is away, so what was dropped is said with the reason.
    fn with_losses(&self, error: PortError) -> PortError {
        match (error, self.metrics.dropped.get()) {
            (PortError::Unavailable { what, reason }, dropped @ 1..) => PortError::Unavailable {
                what,
                reason: format!("{reason}; {} samples were dropped", Grouped(dropped)),
            },
            (error, _) => error,
        }
    }
}
