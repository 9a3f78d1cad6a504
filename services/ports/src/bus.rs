//! The event bus: durable, partitioned topics between the roles.

use crate::{
    Group, Offset, Placement, PortError, Position, Record, RecordBatch, Topic, TopicId, TopicPartition,
};
use async_trait::async_trait;
use watchkeeper_domain::Timestamp;

/// Durable, partitioned topics. Topics are created on first use.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Appends a batch to `topic`. Once this returns `Ok`, every record survives `kill -9` of any process.
    /// Records with the same key keep their order.
    ///
    /// Every bus accepts records within [`crate::limits`], and batches of up to
    /// [`BATCH_BYTES_TAKEN`](crate::limits::BATCH_BYTES_TAKEN).
    ///
    /// # Errors
    /// [`PortError::Rejected`] when a record exceeds a limit, which the reason names, or is incomplete.
    /// [`PortError::Unavailable`] when the bus cannot be reached or its backlog is full: nothing is lost if
    /// the caller retries. After an error of any kind, or a dropped call, any part of the batch may have been
    /// appended; a retry then appends it twice.
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError>;

    /// How keys map to the partitions of `topic`. The topic need not exist yet.
    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError>;

    /// The ID of the log that `topic` is now. It stays the same for as long as the topic exists, across
    /// restarts of anything. A topic that is deleted and created again gets another ID, on this bus and on
    /// any other.
    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError>;

    /// Joins `group` on `topic`. The members share the partitions; a partition is assigned to one member at a
    /// time. A group that has committed nothing starts at the low watermark.
    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError>;

    /// Follows all partitions of `topic` from now on, outside any group.
    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError>;

    /// Reads up to `max_records` records from an offset on, without waiting. An offset below the low
    /// watermark reads from the low watermark; one above the high watermark reads nothing.
    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError>;

    /// The watermarks of every partition of `topic`, by partition.
    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError>;

    /// The lag of `group` on `topic`, by partition.
    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError>;

    /// All topics, by name.
    async fn topics(&self) -> Result<Vec<Topic>, PortError>;
}

/// A member of a consumer group. Dropping it leaves the group; its commits stay.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next delivery of at most `max_records` records.
    ///
    /// The first delivery for a partition is [`Delivery::Assigned`]. Its records follow from the committed
    /// position on, or from where the caller seeks. Cancel-safe: a dropped call loses no delivery.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the bus has been unavailable for a while. The caller may subscribe
    /// again or call again: the subscription continues when the bus is available again.
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError>;

    /// Continues at `position.next` in an assigned partition. An offset below the low watermark continues at
    /// the low watermark; so does one above the high watermark, which only happens on a bus that was
    /// replaced.
    async fn seek(&mut self, position: Position) -> Result<(), PortError>;

    /// Commits positions of the group in assigned partitions. A position may also move back.
    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError>;
}

/// Follows a topic.
#[async_trait]
pub trait Tail: Send {
    /// Waits for the next records, at most `max_records`. Cancel-safe.
    async fn next(&mut self, max_records: usize) -> Result<ReceivedBatch, PortError>;
}

/// What a subscription delivers.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// These partitions are assigned to the caller.
    Assigned(Vec<TopicPartition>),
    /// These partitions are revoked with the caller's next call of [`Subscription::next`]. Until then,
    /// pending records of them may still be stored and committed.
    Revoked(Vec<TopicPartition>),
    /// Records of one partition.
    Records(ReceivedBatch),
}

/// Records of one partition with their offsets.
///
/// Whatever other programs publish, each record here is within [`crate::limits`]: a larger one is cut to its
/// head, and one that cannot be read is an empty record, which stands for all records up to the next readable
/// one ([`Record::incomplete`](crate::Record::incomplete)). No record on a topic blocks the delivery of those
/// behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedBatch {
    /// The partition.
    pub partition: TopicPartition,
    /// The records.
    pub records: RecordBatch,
    /// The offset of each record, ascending; there may be gaps.
    pub offsets: Vec<Offset>,
    /// The position after the last record, or where the read began if there is none.
    pub next: Offset,
    /// When each record was appended; [`Timestamp::MIN`] if that is unknown.
    pub appended: Vec<Timestamp>,
}

impl ReceivedBatch {
    /// When the first record was appended; [`Timestamp::MIN`] if there is none.
    pub fn appended_at(&self) -> Timestamp {
        self.appended.first().copied().unwrap_or(Timestamp::MIN)
    }

    /// The records and where they are, given the ID of their topic.
    pub fn placed<'a>(&'a self, topic_id: &'a TopicId) -> impl Iterator<Item = (Record<'a>, Place<'a>)> {
        self.records.iter().enumerate().map(move |(index, record)| {
            let appended_at = self.appended.get(index).copied().unwrap_or(Timestamp::MIN);
            let offset = self.offsets.get(index).copied().unwrap_or_default();
            (record, Place { topic_id, partition: &self.partition, offset, appended_at })
        })
    }
}

/// Where a record is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The ID of its topic.
    pub topic_id: &'a TopicId,
    /// Its partition.
    pub partition: &'a TopicPartition,
    /// Its offset there.
    pub offset: Offset,
    /// When it was appended; [`Timestamp::MIN`] if that is unknown.
    pub appended_at: Timestamp,
}

/// The watermarks of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// The partition.
    pub partition: TopicPartition,
    /// The low watermark: the offset of the earliest record that is kept.
    pub low: Offset,
    /// The high watermark: the offset that the next record will get.
    pub high: Offset,
}

/// A group's lag on one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The partition.
    pub partition: TopicPartition,
    /// The low watermark: the offset of the earliest record that is kept.
    pub low: Offset,
    /// The group's committed position; the low watermark if it has committed nothing.
    pub committed: Offset,
    /// The high watermark: the offset that the next record will get.
    pub high: Offset,
}

impl Lag {
    /// The lag in records.
    pub fn records(&self) -> u64 {
        self.high.saturating_sub(self.committed)
    }
}
