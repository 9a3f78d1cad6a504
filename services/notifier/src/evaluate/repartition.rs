//! Repartitions samples that are not in the partition of their series' key.
//!
//! A producer without keys, or with a partitioner of its own, spreads the samples of one series over several
//! partitions. The rules evaluate a series in one partition, that of its key: its *home*. A sample found elsewhere
//! goes to its home directly if this member has it, else through the repartition topic, whose partitions are owned
//! together with those of the same number.

use std::sync::Arc;
use watchkeeper_domain::Sample;
use watchkeeper_ports::limits::BATCH_BYTES_TAKEN;
use watchkeeper_ports::{
    AlertStore, BatchBuilder, EventBus, Group, Offset, Placement, PortError, RecordBatch, Topic, TopicId,
    TopicPartition,
};
use watchkeeper_runtime::consumer::resume;
use watchkeeper_wire::sample::{push_sample, write_sample};

/// The pending batch is stored early from this many bytes of samples for other members on.
pub(crate) const MAX_PASSED_ON_BYTES: usize = BATCH_BYTES_TAKEN / 2;

/// The home partitions of a topic's samples, and the samples to publish for other members.
pub(super) struct Repartition {
    topic: Topic,
    /// Its ID; that of no topic while no sample can be in a wrong partition.
    topic_id: TopicId,
    placement: Placement,
    passed_on: BatchBuilder,
    /// The batches being published: after a failure the same ones are retried.
    publishing: Vec<RecordBatch>,
}

impl Repartition {
    /// For samples of `topic`, without any state yet.
    pub(super) fn of(topic: &Topic) -> Self {
        Self {
            topic: topic.repartition(),
            topic_id: TopicId::default(),
            placement: Placement::single(topic.clone()),
            passed_on: BatchBuilder::default(),
            publishing: Vec::new(),
        }
    }

    /// Queries the number of partitions.
    pub(super) async fn begin(&mut self, bus: &dyn EventBus, topic: &Topic) -> Result<(), PortError> {
        self.placement = bus.placement(topic).await?;
        if self.is_needed() {
            bus.placement(&self.topic).await?;
            self.topic_id = bus.topic_id(&self.topic).await?;
        }
        Ok(())
    }

    /// Whether a sample can be in a wrong partition.
    pub(super) fn is_needed(&self) -> bool {
        self.placement.partitions() > 1
    }

    /// The home partition of a series.
    pub(super) fn home(&self, series_key: &str) -> u32 {
        self.placement.number(series_key.as_bytes())
    }

    /// The partition through which other members send samples to `home`.
    pub(super) fn inlet(&self, home: &TopicPartition) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), home.partition)
    }

    /// The ID of the repartition topic.
    pub(super) fn topic_id(&self) -> &TopicId {
        &self.topic_id
    }

    /// Whether the partition is one of the repartition topic.
    pub(super) fn is_inlet(&self, partition: &TopicPartition) -> bool {
        partition.topic == self.topic
    }

    /// Where to resume with samples from other members for `home`.
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

    pub(super) fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Whether the repartition topic was recreated since it was opened.
    pub(super) async fn is_replaced(&self, bus: &dyn EventBus) -> Result<bool, PortError> {
        Ok(bus.topic_id(&self.topic).await? != self.topic_id)
    }

    /// The number of partitions.
    pub(super) fn partitions(&self) -> usize {
        usize::try_from(self.placement.partitions()).unwrap_or(usize::MAX)
    }

    /// Keeps a sample for the member that has its home.
    pub(super) fn pass_on(&mut self, sample: &Sample) {
        push_sample(&mut self.passed_on, sample);
        self.close_full_batch();
    }

    /// Keeps a sample for the member that has the home of `dividend`, a series that the sample divides: its key is that
    /// of the record. (An earlier version takes the sample for one in a wrong partition, and has no ratios.)
    pub(super) fn pass_on_divisor(&mut self, dividend: &str, sample: &Sample) {
        self.passed_on.push_written(dividend.as_bytes(), |out| write_sample(out, sample));
        self.close_full_batch();
    }

    fn close_full_batch(&mut self) {
        if self.passed_on.published_bytes() >= MAX_PASSED_ON_BYTES {
            self.publishing.push(std::mem::take(&mut self.passed_on).finish());
        }
    }

    /// Whether the kept samples must be published before more are kept.
    pub(super) fn is_full(&self) -> bool {
        !self.publishing.is_empty()
    }

    /// Publishes the samples kept for other members. After an error they are kept, and some may be published twice: a
    /// sample that is not newer than its series' newest has no effect.
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

    /// Drops the kept samples: their records will be consumed again.
    pub(super) fn forget(&mut self) {
        self.passed_on = BatchBuilder::default();
        self.publishing.clear();
    }
}
