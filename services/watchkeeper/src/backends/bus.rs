//! The bus: embedded, or Kafka.

use super::url;
use prometheus::Registry;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_adapter_kafka::{GroupProtocol, KafkaBus, KafkaOptions, TopicDeclaration};
use watchkeeper_ingest::{SpoolConfig, SpoolPort};
use watchkeeper_ports::EventBus;
use watchkeeper_runtime::config::Section;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long records and dead letters may stay on the bus.
const RETENTION: RangeInclusive<Duration> = HOUR..=Duration::from_secs(366 * 24 * 60 * 60);
/// How many bytes a topic of the embedded bus may hold.
const BACKLOG: RangeInclusive<usize> = (16 << 20)..=(1 << 40);
#[expect(clippy::cast_possible_truncation, reason = "1 GiB")]
const MAX_BACKLOG: usize = EmbeddedOptions::MAX_BACKLOG_BYTES as usize;
/// The spool's directory in the data directory.
const SPOOL: &str = "spool";
/// How long the spool waits for a role that does not run: ten years.
const SPOOL_EXPIRY: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);
/// How many partitions a topic may have.
const PARTITIONS: RangeInclusive<u16> = 1..=1_000;
/// On how many brokers each record may lie.
const REPLICATION: RangeInclusive<u16> = 1..=32;
/// How long Kafka may take to answer.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
/// Longest prefix of topics and groups, in bytes.
const MAX_PREFIX_BYTES: usize = 64;
/// Most settings that are passed on to librdkafka, and the longest value of one, in bytes.
const MAX_SETTINGS: (usize, usize) = (64, 4_096);

/// Where the bus is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BusBackend {
    place: Option<Place>,
    embedded: EmbeddedOptions,
    kafka: KafkaOptions,
}

impl BusBackend {
    /// Reads the key `bus` and the sections `embedded` and `kafka`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let place = url::read(section, "bus", "bus_file");
        let brokers = match &place {
            Some(Place::Kafka(brokers)) => brokers.clone(),
            _ => String::new(),
        };
        Self {
            place,
            embedded: section.section("embedded", read_embedded),
            kafka: section.section("kafka", |kafka| read_kafka(kafka, brokers)),
        }
    }

    /// Whether several processes can use it.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.place, Some(Place::Kafka(_)))
    }

    /// Leaves the place that was read.
    pub(super) fn forget_place(&mut self) {
        self.place = None;
    }

    /// Takes the engine at `url` for its place, if that is one of its own.
    pub(super) fn place_at(&mut self, url: &str) -> bool {
        let Ok(Place::Kafka(brokers)) = url.parse() else { return false };
        self.kafka.brokers.clone_from(&brokers);
        self.place = Some(Place::Kafka(brokers));
        true
    }

    /// The directory it keeps its files in, if it is embedded.
    pub(super) fn directory<'a>(&'a self, data_dir: &'a Path) -> Option<&'a Path> {
        match &self.place {
            None => Some(data_dir),
            Some(Place::Embedded(dir)) => Some(dir),
            Some(Place::Kafka(_)) => None,
        }
    }

    /// Opens it; what it tells of itself goes to `registry`.
    pub(super) fn open(&self, data_dir: &Path, registry: &Registry) -> anyhow::Result<Arc<dyn EventBus>> {
        if let Some(dir) = self.directory(data_dir) {
            return Ok(Arc::new(EmbeddedBus::open(dir, &self.embedded)?));
        }
        let kafka = KafkaBus::new(&self.kafka)?;
        kafka.register_metrics(registry)?;
        Ok(Arc::new(kafka))
    }
}

/// The bus on the local disk in which samples wait while the other one is away. What its group has taken may go
/// at once, and what it has not must stay, however long that takes.
pub(super) fn open_spool(config: &SpoolConfig, data_dir: &Path) -> SpoolPort {
    let dir = config.directory.clone().unwrap_or_else(|| data_dir.join(SPOOL));
    let options = EmbeddedOptions {
        max_backlog_bytes: config.max_bytes as u64,
        bus_retention: Duration::ZERO,
        group_expiry: SPOOL_EXPIRY,
        ..EmbeddedOptions::default()
    };
    Ok(Arc::new(EmbeddedBus::open(&dir, &options)?))
}

fn read_embedded(section: &mut Section<'_>) -> EmbeddedOptions {
    EmbeddedOptions {
        bus_retention: section.duration("bus_retention", RETENTION, EmbeddedOptions::BUS_RETENTION),
        dead_letter_retention: section.duration(
            "dead_letter_retention",
            DAY..=*RETENTION.end(),
            EmbeddedOptions::DEAD_LETTER_RETENTION,
        ),
        max_backlog_bytes: section.bytes("max_backlog", BACKLOG, MAX_BACKLOG) as u64,
        ..EmbeddedOptions::default()
    }
}

fn read_kafka(section: &mut Section<'_>, brokers: String) -> KafkaOptions {
    let replication =
        section.has("replication").then(|| section.integer("replication", REPLICATION, *REPLICATION.start()));
    let mut settings = section.texts("settings", MAX_SETTINGS.0, MAX_SETTINGS.1);
    if let Some(password) = section.secret_file("password_file") {
        settings.insert("sasl.password".to_owned(), password.expose().to_owned());
    }
    let defaults = KafkaOptions::at(brokers);
    KafkaOptions {
        prefix: section.optional_text("prefix", MAX_PREFIX_BYTES).unwrap_or_default(),
        group_protocol: match section.parsed("group_protocol") {
            Some(Protocol(protocol)) => protocol,
            None => GroupProtocol::default(),
        },
        topic: TopicDeclaration {
            partitions: section.integer("partitions", PARTITIONS, TopicDeclaration::RECORDS.partitions),
            replication,
            retention: section.duration("retention", RETENTION, TopicDeclaration::RECORDS.retention),
        },
        dead_letters: TopicDeclaration { replication, ..TopicDeclaration::DEAD_LETTERS },
        timeout: section.duration("timeout", TIMEOUT, KafkaOptions::TIMEOUT),
        settings,
        ..defaults
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Embedded(PathBuf),
    Kafka(String),
}

/// A text that names no bus.
struct UnknownBus;

impl fmt::Display for UnknownBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be embedded:DIR with an absolute path, or kafka://HOST:PORT[,HOST:PORT…]")
    }
}

impl FromStr for Place {
    type Err = UnknownBus;

    fn from_str(text: &str) -> Result<Self, UnknownBus> {
        if let Some(brokers) = text.strip_prefix("kafka://").filter(|brokers| !brokers.is_empty()) {
            return Ok(Self::Kafka(brokers.to_owned()));
        }
        url::embedded(text).map(|dir| Self::Embedded(dir.into())).ok_or(UnknownBus)
    }
}

/// How the members of a group share the partitions.
struct Protocol(GroupProtocol);

impl FromStr for Protocol {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "classic" => Ok(Self(GroupProtocol::Classic)),
            "consumer" => Ok(Self(GroupProtocol::Consumer)),
            _ => Err("must be classic or consumer"),
        }
    }
}
