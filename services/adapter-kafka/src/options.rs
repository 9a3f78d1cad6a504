//! How to reach and use Kafka.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_ports::Topic;

/// How many partitions a topic may have.
const PARTITIONS: RangeInclusive<u16> = 1..=1_000;
/// How many replicas a topic may have.
const REPLICATION: RangeInclusive<u16> = 1..=32;
/// How long records may be kept: an hour to a year.
const RETENTION: RangeInclusive<Duration> =
    Duration::from_secs(60 * 60)..=Duration::from_secs(366 * 24 * 60 * 60);
/// How long Kafka may take to answer.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
/// Longest prefix of topics and groups, in bytes.
const MAX_PREFIX_BYTES: usize = 64;
/// Most settings for librdkafka, and the longest value of one, in bytes.
const MAX_SETTINGS: (usize, usize) = (64, 4_096);

/// How to reach and use Kafka.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaOptions {
    /// `HOST:PORT` of one or more bootstrap brokers, separated by commas.
    pub brokers: String,
    /// The client ID of its clients, unless the settings say `client.id`: shown in Kafka's tools and logs,
    /// and subject to quotas. A group member appends its topic's name.
    pub client_id: String,
    /// Prefix of the names of topics and groups, so that several installations can share a Kafka.
    pub prefix: String,
    /// How the members of a group share the partitions.
    pub group_protocol: GroupProtocol,
    /// The declaration of topics that are neither in `topics` nor dead-letter topics.
    pub topic: TopicDeclaration,
    /// The declaration of dead-letter topics that are not in `topics`.
    pub dead_letters: TopicDeclaration,
    /// The declarations of these topics.
    pub topics: BTreeMap<Topic, TopicDeclaration>,
    /// Most bytes in flight to the brokers; publishers wait beyond that. A batch counts with its keys, values
    /// and headers plus [`KafkaOptions::RECORD_OVERHEAD_BYTES`] for each record; one that is larger than this
    /// limit is refused. If roles use the bus it must be at least
    /// [`watchkeeper_ports::limits::BATCH_BYTES_TAKEN`], which every bus accepts.
    pub max_in_flight_bytes: usize,
    /// How long an answer may take, and how long a batch may be in flight.
    pub timeout: Duration,
    /// Settings for librdkafka, such as `security.protocol`, `sasl.username` or `compression.type`; names as
    /// in its CONFIGURATION.md. Settings on which the guarantees of the bus depend are reserved.
    pub settings: BTreeMap<String, String>,
}

impl KafkaOptions {
    /// Bytes that a record counts in flight on top of its key, value and headers: about librdkafka's
    /// overhead.
    pub const RECORD_OVERHEAD_BYTES: usize = watchkeeper_ports::limits::RECORD_OVERHEAD_BYTES;
    /// Most bytes in flight: 64 MiB.
    pub const MAX_IN_FLIGHT_BYTES: usize = 64 << 20;
    /// How long an answer may take.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// The defaults for these brokers (`HOST:PORT`, separated by commas).
    pub fn at(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            client_id: "watchkeeper".to_owned(),
            prefix: String::new(),
            group_protocol: GroupProtocol::Classic,
            topic: TopicDeclaration::RECORDS,
            dead_letters: TopicDeclaration::DEAD_LETTERS,
            topics: BTreeMap::new(),
            max_in_flight_bytes: Self::MAX_IN_FLIGHT_BYTES,
            timeout: Self::TIMEOUT,
            settings: BTreeMap::new(),
        }
    }

    /// Reads the section on Kafka; the brokers come from elsewhere.
    pub fn read(section: &mut Section<'_>) -> Self {
        let replication = section
            .has("replication")
            .then(|| section.integer("replication", REPLICATION, *REPLICATION.start()));
        let mut settings = section.texts("settings", MAX_SETTINGS.0, MAX_SETTINGS.1);
        if let Some(password) = section.secret_file("password_file") {
            settings.insert("sasl.password".to_owned(), password.expose().to_owned());
        }
        Self {
            prefix: section.optional_text("prefix", MAX_PREFIX_BYTES).unwrap_or_default(),
            group_protocol: section.parsed("group_protocol").unwrap_or_default(),
            topic: TopicDeclaration {
                partitions: section.integer("partitions", PARTITIONS, TopicDeclaration::RECORDS.partitions),
                replication,
                retention: section.duration("retention", RETENTION, TopicDeclaration::RECORDS.retention),
            },
            dead_letters: TopicDeclaration { replication, ..TopicDeclaration::DEAD_LETTERS },
            timeout: section.duration("timeout", TIMEOUT, Self::TIMEOUT),
            settings,
            ..Self::at("")
        }
    }

    pub(crate) fn declaration(&self, topic: &Topic) -> &TopicDeclaration {
        let default = if topic.is_dead_letters() { &self.dead_letters } else { &self.topic };
        self.topics.get(topic).unwrap_or(default)
    }
}

/// Shows the names of settings but no values: one may be a secret.
impl fmt::Debug for KafkaOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaOptions")
            .field("brokers", &self.brokers)
            .field("client_id", &self.client_id)
            .field("prefix", &self.prefix)
            .field("group_protocol", &self.group_protocol)
            .field("topic", &self.topic)
            .field("dead_letters", &self.dead_letters)
            .field("topics", &self.topics)
            .field("max_in_flight_bytes", &self.max_in_flight_bytes)
            .field("timeout", &self.timeout)
            .field("settings", &self.settings.keys())
            .finish()
    }
}

/// How the members of a group share the partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupProtocol {
    /// The members agree among themselves, with the cooperative-sticky assignor: a partition that stays with
    /// its member is consumed without a pause.
    #[default]
    Classic,
    /// The brokers decide (KIP-848, Kafka 4.0 or later). Session timeout and heartbeat are then broker
    /// settings.
    Consumer,
}

impl FromStr for GroupProtocol {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "classic" => Ok(Self::Classic),
            "consumer" => Ok(Self::Consumer),
            _ => Err("must be classic or consumer"),
        }
    }
}

/// The declaration of a topic, used to create it. An existing topic is never changed, but differences are
/// logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDeclaration {
    /// The number of partitions: as many members of a group can share it.
    pub partitions: u16,
    /// The replication factor; `None` for the brokers' default.
    pub replication: Option<u16>,
    /// How long a record is kept, in whole milliseconds.
    pub retention: Duration,
}

impl TopicDeclaration {
    /// Records are kept for a week, in 8 partitions.
    pub const RECORDS: Self =
        Self { partitions: 8, replication: None, retention: Duration::from_secs(7 * 24 * 3600) };
    /// Dead letters are kept for 30 days. They are few, and people read them: one partition keeps them in
    /// order.
    pub const DEAD_LETTERS: Self =
        Self { partitions: 1, replication: None, retention: Duration::from_secs(30 * 24 * 3600) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let mut options = KafkaOptions::at("127.0.0.1:9092");
        options.settings.insert("sasl.password".into(), "hunter2".into());
        let shown = format!("{options:?}");
        assert!(shown.contains("sasl.password") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_topic_is_as_declared_by_name_then_by_kind() {
        let named = TopicDeclaration { partitions: 3, ..TopicDeclaration::RECORDS };
        let mut options = KafkaOptions::at("");
        options.topics.insert(Topic::METRICS, named.clone());
        assert_eq!(*options.declaration(&Topic::METRICS), named);
        assert_eq!(*options.declaration(&Topic::METRICS.dead_letters()), TopicDeclaration::DEAD_LETTERS);
        assert_eq!(*options.declaration(&Topic::named("events")), TopicDeclaration::RECORDS);
    }
}
