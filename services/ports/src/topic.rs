//! Where records lie on the bus.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A record's number within its partition, from 0; a position is the offset of the next record.
pub type Offset = u64;

/// What the name of a topic of records that are published once more ends with.
const REPARTITION: &str = ".repartition";

/// A named, partitioned log of records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Cow<'static, str>);

impl Topic {
    /// Samples, keyed by series.
    pub const METRICS: Self = Self(Cow::Borrowed("metrics"));

    /// The topic of that name.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Where records of this topic go that no retry can help: `<topic>.dead`.
    #[must_use]
    pub fn dead_letters(&self) -> Self {
        Self(format!("{}.dead", self.0).into())
    }

    /// Where samples are published once more that do not lie in the partition of their key: `<topic>.repartition`, as
    /// Kafka Streams calls such topics. It has as many partitions as this topic.
    #[must_use]
    pub fn repartition(&self) -> Self {
        Self(format!("{}{REPARTITION}", self.0).into())
    }

    /// The topic whose records are published once more here, if this is such a topic.
    pub fn repartitioned(&self) -> Option<Self> {
        Some(Self(self.0.strip_suffix(REPARTITION)?.to_owned().into()))
    }

    /// Whether this is a topic of dead letters.
    pub fn is_dead_letters(&self) -> bool {
        self.0.ends_with(".dead")
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which log a topic is. A topic that was deleted and created anew, or that lies on a bus that was replaced, keeps its
/// name and is another log: an offset in the one means nothing in the other.
///
/// Of Kafka it is the cluster's ID and the topic's ID (KIP-516, Kafka 2.8 or later). The default is that of no topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(String);

impl TopicId {
    /// The ID that a bus gives.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A consumer group: its members share the records of a topic, and its positions outlive them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(Cow<'static, str>);

impl Group {
    /// Stores samples. Its positions lie in the store, moved together with the samples.
    pub const PERSISTER: Self = Self(Cow::Borrowed("persister"));
    /// Fills the cache.
    pub const CACHE: Self = Self(Cow::Borrowed("cache"));
    /// Evaluates the rules. Its positions lie in the store of alerts, moved together with them.
    pub const NOTIFIER: Self = Self(Cow::Borrowed("notifier"));

    /// The group of that name.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which groups consume which topics, of those whose lag is shown.
pub type Consumers = Arc<[(Topic, Group)]>;

/// One partition of one topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Topic,
    /// The partition's number, from 0.
    pub partition: u32,
}

impl TopicPartition {
    /// That partition of `topic`.
    pub fn new(topic: Topic, partition: u32) -> Self {
        Self { topic, partition }
    }
}

/// `metrics/0`.
impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// A consumer's place in a partition: all records before `next` are done with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The partition.
    pub partition: TopicPartition,
    /// The offset of the first record that is not done with.
    pub next: Offset,
}
