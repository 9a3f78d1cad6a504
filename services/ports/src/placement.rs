//! How keys map to the partitions of a topic.

use crate::{Topic, TopicPartition};

/// The partition of each key, for records that are published from now on and as long as nobody adds
/// partitions to the topic. Records of other programs may be in any partition: without a key, or by another
/// partitioner.
#[derive(Clone, Debug)]
pub struct Placement {
    topic: Topic,
    partitions: u32,
    partitioner: Partitioner,
}

/// The partition of a key, given how many there are.
type Partitioner = fn(key: &[u8], partitions: u32) -> u32;

impl Placement {
    /// For a `topic` of this many partitions, at least one.
    pub fn new(topic: Topic, partitions: u32, partitioner: Partitioner) -> Self {
        Self { topic, partitions: partitions.max(1), partitioner }
    }

    /// For a topic with one partition.
    pub fn single(topic: Topic) -> Self {
        Self::new(topic, 1, |_, _| 0)
    }

    /// How many partitions the topic has.
    pub fn partitions(&self) -> u32 {
        self.partitions
    }

    /// The number of the partition of `key`, which must not be empty: a record without a key may be in any.
    pub fn number(&self, key: &[u8]) -> u32 {
        debug_assert!(!key.is_empty(), "a record without a key may lie in any partition");
        (self.partitioner)(key, self.partitions)
    }

    /// The partition of `key`, which must not be empty.
    pub fn partition(&self, key: &[u8]) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), self.number(key))
    }
}
