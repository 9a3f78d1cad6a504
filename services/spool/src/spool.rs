//! The spool beside the bus, and the routing of batches.

use crate::metrics::SpoolMetrics;
use crate::remote::RemoteBus;
use crate::state::SpoolState;
use crate::topic_spool::{Backlog, TopicSpool};
use crate::watched::WatchedBus;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::timeout;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{EventBus, Failure, PortError, RecordBatch, Topic};
use watchkeeper_runtime::probe::PROBE_WITHIN;
use watchkeeper_runtime::{Dependency, RoleContext};

/// Publishes batches to the bus, and to the disk while that is unavailable.
pub(crate) struct Spool {
    pub(crate) bus: RemoteBus,
    /// The spool itself. Each topic has one consumer group: the loop that forwards it.
    pub(crate) disk: Arc<dyn EventBus>,
    pub(crate) watched: WatchedBus,
    pub(crate) dependency: Dependency,
    /// The topics that were published to, or had spooled records at the start; none is ever removed.
    pub(crate) topics: watch::Sender<Vec<Arc<TopicSpool>>>,
    pub(crate) metrics: SpoolMetrics,
}

impl Spool {
    /// `topic` is forwarded from the start, so that a read-only disk is noticed before it is needed.
    pub(crate) fn new(
        context: &RoleContext,
        bus: Arc<dyn EventBus>,
        disk: Arc<dyn EventBus>,
        topic: Topic,
    ) -> Result<Self, prometheus::Error> {
        let dependency = context.dependency("spool");
        Ok(Self {
            bus: RemoteBus::new(bus, context.optional_dependency("bus")),
            watched: WatchedBus::new(Arc::clone(&disk), topic.clone(), dependency.clone()),
            disk,
            dependency,
            topics: watch::Sender::new(vec![Arc::new(TopicSpool::of(topic))]),
            metrics: SpoolMetrics::register(context)?,
        })
    }

    /// Publishes a batch; it is durable when this returns `Ok`, on the bus or on the disk.
    pub(crate) async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        let (spooled, disk) = (self.topic(topic), &*self.disk);
        spooled.begin(disk).await.map_err(|error| self.watched.failed(error))?;
        // Held until the batch is on the disk: the gate cannot close, and so not switch to the bus, before that.
        let _writing = loop {
            if spooled.gate.is_direct() {
                match self.bus.publish(topic, batch.clone()).await {
                    Err(error) if error.failure() == Failure::Retry => break spooled.gate.divert().await,
                    published => return published,
                }
            }
            // `None` if the gate switched to the bus meanwhile: then the bus is tried again.
            if let Some(writing) = spooled.gate.enter().await {
                break writing;
            }
        };
        let records = batch.len();
        spooled.join(disk).await.map_err(|error| self.watched.failed(error))?;
        self.watched.publish(topic, batch).await?;
        self.metrics.spooled.inc_by(records as u64);
        Ok(())
    }

    /// A topic, created on first use.
    pub(crate) fn topic(&self, name: &Topic) -> Arc<TopicSpool> {
        let find =
            |topics: &[Arc<TopicSpool>]| topics.iter().find(|topic| topic.name == *name).map(Arc::clone);
        if let Some(topic) = find(&self.topics.borrow()) {
            return topic;
        }
        let mut topic = None;
        self.topics.send_if_modified(|topics| {
            // Somebody may have added it meanwhile.
            topic = find(topics);
            let is_new = topic.is_none();
            topics.extend(is_new.then(|| Arc::clone(topic.insert(Arc::new(TopicSpool::of(name.clone()))))));
            is_new
        });
        topic.expect("it was found or added")
    }

    /// Checks that the disk answers, and counts the spooled records.
    ///
    /// # Errors
    /// A failure of the bus that a restart may help. A failure of the disk only makes the role unready: records are
    /// accepted while the bus is available.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        self.bus.check()?;
        if let Err(error) = self.watched.check().await {
            self.dependency.down(error);
        }
        if let Ok(Ok(backlog)) = timeout(PROBE_WITHIN, self.backlog()).await {
            self.metrics.show(backlog, Timestamp::now());
        }
        Ok(())
    }

    /// As of the last check.
    pub(crate) fn state(&self) -> SpoolState {
        SpoolState::of(self.bus.unavailable_for(), self.metrics.waiting())
    }

    async fn backlog(&self) -> Result<Backlog, PortError> {
        let topics = self.topics.borrow().clone();
        let mut backlog = Backlog::default();
        for topic in topics {
            backlog = backlog.and(topic.backlog(&*self.disk).await?);
        }
        Ok(backlog)
    }
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
        let (context, topic) = (RoleContext::detached("ingest"), Topic::METRICS);
        let spool = Spool::new(&context, bus.clone(), disk.clone(), topic.clone()).unwrap();
        let tokio = Builder::new_current_thread().enable_time().build().unwrap();
        let mut batch = BatchBuilder::default();
        (0..1_000).for_each(|_| batch.push(b"key", b"value"));
        let batch = batch.finish();

        let publish = || tokio.block_on(spool.publish(&topic, batch.clone())).unwrap();
        publish();
        let cost = allocation_counter::measure(publish);
        assert!(cost.count_total <= MOST_ALLOCATIONS, "{} allocations", cost.count_total);
        let end = |bus: Arc<EmbeddedBus>| tokio.block_on(bus.watermarks(&topic)).unwrap()[0].high;
        assert_eq!((end(bus), end(disk)), (2_000, 0));
    }
}
