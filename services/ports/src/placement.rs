//! In which partition of a topic the records of a key lie.

use crate::{Topic, TopicPartition};

/// In which partition of a topic the records of a key lie that are published from now on, for as long as nobody adds
/// partitions to the topic. Records that another program published may lie anywhere: without a key, or by another
/// partitioner.
#[derive(Clone, Debug)]
pub struct Placement {
    topic: Topic,
    partitions: u32,
    partitioner: Partitioner,
}

/// Gives the partition of a key, of so many.
type Partitioner = fn(key: &[u8], partitions: u32) -> u32;

impl Placement {
    /// Over so many partitions, at least one, of `topic`.
    pub fn new(topic: Topic, partitions: u32, partitioner: Partitioner) -> Self {
        Self { topic, partitions: partitions.max(1), partitioner }
    }

    /// In a topic that has one partition.
    pub fn single(topic: Topic) -> Self {
        Self::new(topic, 1, |_, _| 0)
    }

    /// How many partitions the topic has.
    pub fn partitions(&self) -> u32 {
        self.partitions
    }

    /// The number of the partition of `key`, which must not be empty: a record without a key may lie in any.
    pub fn number(&self, key: &[u8]) -> u32 {
        debug_assert!(!key.is_empty(), "a record without a key may lie in any partition");
        (self.partitioner)(key, self.partitions)
    }

    /// The partition of `key`, which must not be empty.
    pub fn partition(&self, key: &[u8]) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), self.number(key))
    }
}
