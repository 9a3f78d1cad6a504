//! Samples wait on the disk while the bus is away.
//!
//! While the spool is empty, batches go to the bus directly. From the first batch that the bus does not take,
//! all go to the spool, until everything in it has been passed on in order; then directly again. So a
//! sample whose sender has waited for the answer to an earlier one never overtakes it. What was published
//! but not committed in the spool before a crash, and what the bus took without answering in time, is
//! published twice, whole batches of it; a sample is known by its series and instant, so it is stored once.

mod backlog;
mod forward;
mod gate;
mod metrics;
mod parts;
mod remote;
mod state;

pub(crate) use forward::keep_forwarding;
pub(crate) use state::SpoolState;

use crate::watched_bus::WatchedBus;
use gate::Gate;
use metrics::SpoolMetrics;
use remote::RemoteBus;
use std::sync::Arc;
use tokio::sync::OnceCell;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{EventBus, Failure, Group, PortError, RecordBatch, Topic};
use watchkeeper_runtime::probe::PROBE_WITHIN;
use watchkeeper_runtime::{Dependency, RoleContext};

/// Takes batches to the bus, and keeps them on the disk while that is away.
pub(crate) struct Spool {
    bus: RemoteBus,
    /// Where batches wait. It has one group of consumers: the loop that forwards them.
    disk: Arc<dyn EventBus>,
    watched: WatchedBus,
    dependency: Dependency,
    /// Done once the group is known: only from then on does the disk keep what was not forwarded.
    joined: OnceCell<()>,
    gate: Gate,
    metrics: SpoolMetrics,
}

impl Spool {
    pub(crate) fn new(
        context: &RoleContext,
        bus: Arc<dyn EventBus>,
        disk: Arc<dyn EventBus>,
    ) -> Result<Self, prometheus::Error> {
        let dependency = context.dependency("spool");
        Ok(Self {
            bus: RemoteBus::new(bus),
            watched: WatchedBus::new(Arc::clone(&disk), dependency.clone()),
            disk,
            dependency,
            joined: OnceCell::new(),
            gate: Gate::default(),
            metrics: SpoolMetrics::register(context.registry())?,
        })
    }

    /// Publishes a batch; it is durable when this returns `Ok`, on the bus or on the disk.
    pub(crate) async fn publish(&self, batch: RecordBatch) -> Result<(), PortError> {
        let _writing = loop {
            if self.gate.is_direct() {
                match self.bus.publish(&Topic::METRICS, batch.clone()).await {
                    Err(error) if error.failure() == Failure::Retry => break self.gate.divert().await,
                    published => return published,
                }
            }
            if let Some(writing) = self.gate.enter().await {
                break writing;
            }
        };
        let records = batch.len();
        self.join().await?;
        self.watched.publish(batch).await?;
        self.metrics.spooled.inc_by(records as u64);
        Ok(())
    }

    /// Looks whether the disk answers, and what waits there.
    ///
    /// # Errors
    /// A failure of the bus that a restart may help. One of the disk makes the role unready and no more: as
    /// long as the bus is there, samples are taken.
    pub(crate) async fn check(&self) -> Result<SpoolState, PortError> {
        self.bus.check()?;
        if let Err(error) = self.watched.check().await {
            self.dependency.down(error);
        }
        let looking = tokio::time::timeout(PROBE_WITHIN, backlog::look(&*self.disk)).await;
        if let Ok(Ok(backlog)) = looking {
            self.metrics.show(backlog, Timestamp::now());
        }
        Ok(SpoolState::of(self.bus.away_for(), self.metrics.waiting()))
    }

    /// Makes the group known.
    async fn join(&self) -> Result<(), PortError> {
        let join = || async { self.disk.subscribe(&Topic::METRICS, &forwarders()).await.map(drop) };
        self.joined.get_or_try_init(join).await.map(drop).map_err(|error| self.watched.failed(error))
    }
}

/// The only group that consumes from the spool.
fn forwarders() -> Group {
    Group::named("forwarders")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;
    use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
    use watchkeeper_ports::BatchBuilder;

    #[test]
    fn a_batch_that_goes_directly_takes_no_memory_for_each_record() {
        /// What queues and tasks may take now and then.
        const MOST_ALLOCATIONS: u64 = 40;
        let (near, far) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |dir: &tempfile::TempDir| EmbeddedBus::open(dir.path(), &EmbeddedOptions::default());
        let (bus, disk) = (Arc::new(open(&far).unwrap()), Arc::new(open(&near).unwrap()));
        let spool = Spool::new(&RoleContext::detached("ingest"), bus.clone(), disk.clone()).unwrap();
        let tokio = Builder::new_current_thread().enable_time().build().unwrap();
        tokio.block_on(async { spool.gate.close().await.open_directly() });
        let mut batch = BatchBuilder::default();
        (0..1_000).for_each(|_| batch.push(b"key", b"value"));
        let batch = batch.finish();

        let publish = || tokio.block_on(spool.publish(batch.clone())).unwrap();
        publish();
        let cost = allocation_counter::measure(publish);
        assert!(cost.count_total <= MOST_ALLOCATIONS, "{} allocations", cost.count_total);
        let end = |bus: Arc<EmbeddedBus>| tokio.block_on(bus.watermarks(&Topic::METRICS)).unwrap()[0].high;
        assert_eq!((end(bus), end(disk)), (2_000, 0));
    }
}
