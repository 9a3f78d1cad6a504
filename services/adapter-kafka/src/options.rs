//! Where Kafka is, and how it is used.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_ports::Topic;

/// How many partitions a topic may have.
const PARTITIONS: RangeInclusive<u16> = 1..=1_000;
/// On how many brokers each record may lie.
const REPLICATION: RangeInclusive<u16> = 1..=32;
/// How long records may stay: an hour to a year.
const RETENTION: RangeInclusive<Duration> =
    Duration::from_secs(60 * 60)..=Duration::from_secs(366 * 24 * 60 * 60);
/// How long Kafka may take to answer.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
/// Longest prefix of topics and groups, in bytes.
const MAX_PREFIX_BYTES: usize = 64;
/// Most settings that are passed on to librdkafka, and the longest value of one, in bytes.
const MAX_SETTINGS: (usize, usize) = (64, 4_096);

/// Where Kafka is, and how it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaOptions {
    /// `HOST:PORT` of one or more brokers, separated by commas. The others are learnt from these.
    pub brokers: String,
    /// What its clients are called, unless the settings say `client.id`: what Kafka's tools and logs show, and quotas
    /// are for. A member of a group has the topic's name after it.
    pub client_id: String,
    /// What the names of its topics and groups begin with, so that several can share a Kafka.
    pub prefix: String,
    /// How the members of a group share the partitions.
    pub group_protocol: GroupProtocol,
    /// What a topic is like that neither `topics` names nor is one of dead letters.
    pub topic: TopicDeclaration,
    /// What a topic of dead letters is like that `topics` does not name.
    pub dead_letters: TopicDeclaration,
    /// What these topics are like.
    pub topics: BTreeMap<Topic, TopicDeclaration>,
    /// Most bytes that may be on their way to the brokers at once; who publishes more waits. A batch counts
    /// with its keys, values and headers and [`KafkaOptions::RECORD_OVERHEAD_BYTES`] for each record, and one that
    /// is larger than this is refused. Not below [`watchkeeper_ports::limits::BATCH_BYTES_TAKEN`], which every bus
    /// takes, if roles are to use the bus.
    pub max_in_flight_bytes: usize,
    /// How long an answer may take, and how long a batch may be on its way.
    pub timeout: Duration,
    /// What is passed on to librdkafka as it is, such as `security.protocol`, `sasl.username` or
    /// `compression.type`; names as in its CONFIGURATION.md. What the bus promises rests on cannot be set.
    pub settings: BTreeMap<String, String>,
}

impl KafkaOptions {
    /// What a record takes while it is on its way, beside its key, value and headers: about what librdkafka does.
    pub const RECORD_OVERHEAD_BYTES: usize = watchkeeper_ports::limits::RECORD_OVERHEAD_BYTES;
    /// Most bytes on their way: 64 MiB.
    pub const MAX_IN_FLIGHT_BYTES: usize = 64 << 20;
    /// How long an answer may take.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// The defaults, with Kafka at these brokers (`HOST:PORT`, separated by commas).
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

    /// Reads the section that says how Kafka is used. Where it is, is said elsewhere.
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

    /// What `topic` is declared to be like.
    pub(crate) fn declaration(&self, topic: &Topic) -> &TopicDeclaration {
        let default = if topic.is_dead_letters() { &self.dead_letters } else { &self.topic };
        self.topics.get(topic).unwrap_or(default)
    }
}

/// Shows which settings are passed on, but no value of any: one may be a secret.
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
    /// The members agree among themselves, by the cooperative-sticky assignor: a partition that stays with
    /// its member is consumed on meanwhile.
    #[default]
    Classic,
    /// The brokers decide (KIP-848, Kafka 4.0 or later). Session timeout and heartbeat are set there.
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

/// What a topic is like. It is created so; one that exists is never changed, but a difference is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDeclaration {
    /// How many partitions it has: as many members of a group can share it.
    pub partitions: u16,
    /// On how many brokers each record lies; `None` for what the brokers do by default.
    pub replication: Option<u16>,
    /// How long a record stays, in whole milliseconds.
    pub retention: Duration,
}

impl TopicDeclaration {
    /// Records stay for a week, in 8 partitions.
    pub const RECORDS: Self =
        Self { partitions: 8, replication: None, retention: Duration::from_secs(7 * 24 * 3600) };
    /// Dead letters stay for 30 days. They are few, and read by people: one partition has them in order.
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
