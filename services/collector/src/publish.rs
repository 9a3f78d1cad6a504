//! Publishes collected samples.

use crate::metrics::CollectorMetrics;
use crate::queue::Queue;
use std::sync::Arc;
use tokio::time::sleep;
use watchkeeper_ports::{EventBus as _, Failure, PortError, Topic};
use watchkeeper_runtime::consumer::publish_accepted;
use watchkeeper_runtime::{Backoff, Heartbeat, RETRY_AT_LEAST, RoleContext, RoleResult};
use watchkeeper_spool::SpooledBus;

/// Publishes samples of the queue to topic `metrics`.
pub(crate) struct Publisher {
    context: RoleContext,
    heartbeat: Heartbeat,
    bus: Arc<SpooledBus>,
    queue: Arc<Queue>,
    metrics: Arc<CollectorMetrics>,
}

impl Publisher {
    pub(crate) fn new(
        context: &RoleContext,
        bus: Arc<SpooledBus>,
        queue: Arc<Queue>,
        metrics: Arc<CollectorMetrics>,
    ) -> Self {
        Self { context: context.clone(), heartbeat: context.heartbeat("publish"), bus, queue, metrics }
    }

    /// Publishes samples until the role stops. Samples that arrive while a batch is being published go together into
    /// the next.
    pub(crate) async fn run(&self) -> RoleResult {
        let mut backoff = Backoff::default();
        loop {
            tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => return Ok(()),
                () = self.heartbeat.idle(self.queue.filled()) => {}
            }
            match self.heartbeat.waiting(self.bus.dependency(), self.publish_front()).await {
                Ok(()) => backoff = Backoff::default(),
                Err(error) if error.failure() == Failure::Stop => return Err(error.into()),
                // Logged already, and shown in the role's status. When the role stops, so does this loop.
                Err(_) => drop(backoff.pause(&self.context, &self.heartbeat).await),
            }
        }
    }

    /// Publishes all queued samples, in as many batches as needed.
    pub(crate) async fn flush(&self) {
        while self.queue.len() > 0 {
            if let Err(error) = self.publish_front().await {
                tracing::warn!(%error, "cannot publish the latest samples yet");
                sleep(RETRY_AT_LEAST).await;
            }
        }
    }

    async fn publish_front(&self) -> Result<(), PortError> {
        let (front, topic) = (self.queue.front(), Topic::METRICS);
        let rejected = publish_accepted(&front, |records| self.bus.publish(&topic, records)).await?;
        if let Some((_, error)) = rejected.first() {
            tracing::error!(%error, samples = rejected.len(), "dropped samples that the bus rejected");
        }
        self.metrics.dropped.inc_by(rejected.len() as u64);
        self.metrics.published.inc_by((front.len() - rejected.len()) as u64);
        self.queue.remove(front.len());
        Ok(())
    }
}
