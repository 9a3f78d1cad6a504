//! The event bus: durable, partitioned topics between the roles.

use crate::{Group, Offset, Placement, PortError, Position, RecordBatch, Topic, TopicId, TopicPartition};
use async_trait::async_trait;
use watchkeeper_domain::Timestamp;

/// Durable, partitioned topics. A topic exists once it is named.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Appends a batch to `topic`. When this returns `Ok`, every record survives `kill -9` of any
    /// process. Records of one key keep their order.
    ///
    /// Every bus takes records within [`crate::limits`], and batches of up to
    /// [`BATCH_BYTES_TAKEN`](crate::limits::BATCH_BYTES_TAKEN).
    ///
    /// # Errors
    /// [`PortError::Rejected`] when a record breaks a limit, which the reason names, or is not here whole.
    /// [`PortError::Unavailable`] when the bus cannot be reached or its backlog is full: nothing is
    /// lost if the caller tries again. Of a batch that failed, for whatever reason, or whose call was
    /// dropped, any part may have been appended, and is there twice after another try.
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError>;

    /// In which partition of `topic` the records of a key lie. The topic need not be there yet.
    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError>;

    /// Which log `topic` is now. It stays the same for as long as the topic is there, whatever restarts; a topic
    /// that is deleted and created anew has another one, on this bus and on any other.
    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError>;

    /// Joins `group` on `topic`. Members share the partitions; a partition has one member at a time.
    /// A group that has committed nothing starts at the earliest record.
    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError>;

    /// Follows `topic` from now on, all partitions, outside any group.
    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError>;

    /// Reads up to `max_records` from an offset on, without waiting; an offset before the earliest
    /// record reads from the earliest, one past the end reads nothing.
    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError>;

    /// What each partition of `topic` holds: its watermarks, by partition.
    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError>;

    /// How far `group` is behind on `topic`, by partition.
    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError>;

    /// Every topic that exists, by name.
    async fn topics(&self) -> Result<Vec<Topic>, PortError>;
}

/// A member of a consumer group. Dropping it leaves the group; what it committed stays.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next delivery of at most `max_records` records.
    ///
    /// The first delivery about a partition is [`Delivery::Assigned`]; records of it follow from the
    /// committed position on, or from where the caller sought. Cancel-safe: a dropped call loses no
    /// delivery.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the bus has been away for a while. The caller may join anew or call
    /// again: the subscription goes on once the bus is back.
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError>;

    /// Goes on with `position.next` in a partition that is assigned. An offset before the earliest
    /// record goes on with the earliest; so does one past the end, which only a bus that was replaced has.
    async fn seek(&mut self, position: Position) -> Result<(), PortError>;

    /// Keeps positions for the group, in partitions that are assigned; a position may also move back.
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
    /// These partitions are the caller's from now on.
    Assigned(Vec<TopicPartition>),
    /// These go to another member with the caller's next call of [`Subscription::next`]; until then
    /// what is in hand of them may still be stored and committed.
    Revoked(Vec<TopicPartition>),
    /// Records of one partition.
    Records(ReceivedBatch),
}

/// Records of one partition with their offsets.
///
/// Whatever another program has put on a topic, each record is within [`crate::limits`]: one that is larger is here as
/// its head, and one that cannot be read as an empty one, which stands for all up to the next that can be
/// ([`Record::incomplete`](crate::Record::incomplete)). Nothing that lies on a topic keeps a bus from delivering what
/// lies behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedBatch {
    /// Where they lie.
    pub partition: TopicPartition,
    /// The records.
    pub records: RecordBatch,
    /// The offset of each record, rising; there may be gaps.
    pub offsets: Vec<Offset>,
    /// The position after the last record (or where the read began, if there is none).
    pub next: Offset,
    /// When the first record was appended; [`Timestamp::MIN`] if there is none.
    pub appended_at: Timestamp,
}

/// What a partition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// The partition.
    pub partition: TopicPartition,
    /// The low watermark: the offset of the earliest record that is kept.
    pub low: Offset,
    /// The high watermark: the offset that the next record will get.
    pub high: Offset,
}

/// How far a group is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The partition.
    pub partition: TopicPartition,
    /// The low watermark: the offset of the earliest record that is kept.
    pub low: Offset,
    /// The group's position: what it committed, or the earliest record.
    pub committed: Offset,
    /// The high watermark: the offset that the next record will get.
    pub high: Offset,
}

impl Lag {
    /// Records that the group has yet to take.
    pub fn records(&self) -> u64 {
        self.high.saturating_sub(self.committed)
    }
}
