//! Samples that lie in another partition than their series' key says.
//!
//! A producer that gives no key, or has a partitioner of its own, spreads the samples of one series over several
//! partitions. The rules take a series in one partition, that of its key: its *home*. A sample found elsewhere goes to
//! its home at once if this member has it, and else by the repartition topic, whose partitions belong to whoever has
//! those of the same number.

use std::sync::Arc;
use watchkeeper_domain::Sample;
use watchkeeper_ports::limits::BATCH_BYTES_TAKEN;
use watchkeeper_ports::{
    AlertStore, BatchBuilder, EventBus, Group, Offset, Placement, PortError, RecordBatch, Topic, TopicId,
    TopicPartition,
};
use watchkeeper_runtime::consumer::resume;
use watchkeeper_wire::sample::push_sample;

/// Bytes of samples for other members from which on what is in hand is stored without waiting for more.
pub(crate) const MAX_PASSED_ON_BYTES: usize = BATCH_BYTES_TAKEN / 2;

/// Where the samples of a topic belong, and what is to be passed on to other members.
pub(super) struct Repartition {
    /// The repartition topic.
    topic: Topic,
    /// Which log it is; that of no topic while nothing can lie in a wrong partition.
    topic_id: TopicId,
    placement: Placement,
    passed_on: BatchBuilder,
    /// What is being published: after a failure the same is tried again.
    publishing: Vec<RecordBatch>,
}

impl Repartition {
    /// Of samples on `topic`, of which nothing is known yet.
    pub(super) fn of(topic: &Topic) -> Self {
        Self {
            topic: topic.repartition(),
            topic_id: TopicId::default(),
            placement: Placement::single(topic.clone()),
            passed_on: BatchBuilder::default(),
            publishing: Vec::new(),
        }
    }

    /// Asks how many partitions there are.
    pub(super) async fn begin(&mut self, bus: &dyn EventBus, topic: &Topic) -> Result<(), PortError> {
        self.placement = bus.placement(topic).await?;
        if self.is_needed() {
            bus.placement(&self.topic).await?;
            self.topic_id = bus.topic_id(&self.topic).await?;
        }
        Ok(())
    }

    /// Whether a sample can lie in a wrong partition.
    pub(super) fn is_needed(&self) -> bool {
        self.placement.partitions() > 1
    }

    /// The number of the partition that a series belongs to.
    pub(super) fn home(&self, series_key: &str) -> u32 {
        self.placement.number(series_key.as_bytes())
    }

    /// The partition by which samples come from other members to `home`.
    pub(super) fn inlet(&self, home: &TopicPartition) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), home.partition)
    }

    /// Which log the repartition topic is.
    pub(super) fn topic_id(&self) -> &TopicId {
        &self.topic_id
    }

    /// Whether the partition is one of the repartition topic.
    pub(super) fn is_inlet(&self, partition: &TopicPartition) -> bool {
        partition.topic == self.topic
    }

    /// Where to go on with what other members have passed on to `home`.
    pub(super) async fn position(
        &self,
        alerts: &Arc<dyn AlertStore>,
        home: &TopicPartition,
    ) -> Result<Offset, PortError> {
        if !self.is_needed() {
            return Ok(0);
        }
        let inlet = self.inlet(home);
        let stored = alerts.position(&Group::NOTIFIER, &inlet, &self.topic_id).await?;
        Ok(resume(&Group::NOTIFIER, &inlet, &self.topic_id, &stored).next)
    }

    /// The repartition topic.
    pub(super) fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Whether the repartition topic was created anew since it was begun.
    pub(super) async fn is_replaced(&self, bus: &dyn EventBus) -> Result<bool, PortError> {
        Ok(bus.topic_id(&self.topic).await? != self.topic_id)
    }

    /// How many partitions there are.
    pub(super) fn partitions(&self) -> usize {
        usize::try_from(self.placement.partitions()).unwrap_or(usize::MAX)
    }

    /// Keeps a sample for the member that has its home.
    pub(super) fn pass_on(&mut self, sample: &Sample) {
        push_sample(&mut self.passed_on, sample);
        if self.passed_on.published_bytes() >= MAX_PASSED_ON_BYTES {
            self.publishing.push(std::mem::take(&mut self.passed_on).finish());
        }
    }

    /// Whether so much is kept that it must be published before more is.
    pub(super) fn is_full(&self) -> bool {
        !self.publishing.is_empty()
    }

    /// Publishes what is kept for other members. After an error it is kept, and some of it may be there twice: a sample
    /// that is not newer than its series' newest changes nothing.
    pub(super) async fn publish(&mut self, bus: &dyn EventBus) -> Result<(), PortError> {
        if !self.passed_on.is_empty() {
            self.publishing.push(std::mem::take(&mut self.passed_on).finish());
        }
        while let Some(batch) = self.publishing.first() {
            bus.publish(&self.topic, batch.clone()).await?;
            self.publishing.remove(0);
        }
        Ok(())
    }

    /// Drops what is kept: its records will be taken again.
    pub(super) fn forget(&mut self) {
        self.passed_on = BatchBuilder::default();
        self.publishing.clear();
    }
}
