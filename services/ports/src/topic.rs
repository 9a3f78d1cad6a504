//! Topics, partitions, offsets and consumer groups.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A record's number in its partition, from 0; a position is the offset of the next record to process.
pub type Offset = u64;

/// The suffix of the names of repartition topics.
const REPARTITION: &str = ".repartition";

/// A named, partitioned log of records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Cow<'static, str>);

impl Topic {
    /// Samples, keyed by series.
    pub const METRICS: Self = Self(Cow::Borrowed("metrics"));

    /// The dead letters of [`Self::METRICS`].
    pub const METRICS_DEAD: Self = Self(Cow::Borrowed("metrics.dead"));

    /// Events: what services, devices and hosts say.
    pub const EVENTS: Self = Self(Cow::Borrowed("events"));

    /// Events that are stored once there is room.
    pub const EVENTS_DEFERRED: Self = Self(Cow::Borrowed("events.deferred"));

    /// The topic of that name.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The dead-letter topic of this topic, for records that no retry can help: `<topic>.dead`.
    #[must_use]
    pub fn dead_letters(&self) -> Self {
        Self(format!("{}.dead", self.0).into())
    }

    /// The topic to which samples are republished that are not in the partition of their key:
    /// `<topic>.repartition`, named as in Kafka Streams. It has as many partitions as this topic.
    #[must_use]
    pub fn repartition(&self) -> Self {
        Self(format!("{}{REPARTITION}", self.0).into())
    }

    /// The topic whose records are republished here, if this is a repartition topic.
    pub fn repartitioned(&self) -> Option<Self> {
        Some(Self(self.0.strip_suffix(REPARTITION)?.to_owned().into()))
    }

    /// Whether this is a dead-letter topic.
    pub fn is_dead_letters(&self) -> bool {
        self.0.ends_with(".dead")
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identifies the log behind a topic's name. A topic that was deleted and created again, or is on a bus that
/// was replaced, keeps its name but is another log: offsets in one mean nothing in the other.
///
/// In Kafka it is the cluster's ID and the topic's ID (KIP-516, Kafka 2.8 or later). The default belongs to
/// no topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(String);

impl TopicId {
    /// An ID that a bus assigned.
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

/// A consumer group: its members share the partitions of a topic, and its positions outlive them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(Cow<'static, str>);

impl Group {
    /// Stores samples. Its positions are in the store, committed together with the samples.
    pub const PERSISTER: Self = Self(Cow::Borrowed("persister"));
    /// Fills the cache.
    pub const CACHE: Self = Self(Cow::Borrowed("cache"));
    /// Evaluates the rules. Its positions are in the alert store, committed together with the alerts.
    pub const NOTIFIER: Self = Self(Cow::Borrowed("notifier"));

    /// Stores events. Its positions are in the store, committed together with the events.
    pub const PROCESSOR: Self = Self(Cow::Borrowed("processor"));

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

/// Which groups consume which topics, among those whose lag is shown.
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

/// A consumer's position in a partition: it has processed all records before `next`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The partition.
    pub partition: TopicPartition,
    /// The offset of the next record to process.
    pub next: Offset,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topic_of_rejected_samples_has_one_name() {
        assert_eq!(Topic::METRICS.dead_letters(), Topic::METRICS_DEAD);
    }
}
