//! The bus: embedded, or Kafka.

use super::place::{Engine, Found, Place};
use prometheus::Registry;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_adapter_kafka::{GroupProtocol, KafkaBus, KafkaOptions, TopicDeclaration};
use watchkeeper_config::Section;
use watchkeeper_ingest::{SpoolConfig, SpoolPort};
use watchkeeper_ports::EventBus;
use watchkeeper_runtime::host_name;

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
/// How much of this host's name stands in what Kafka calls a client: Linux has no longer one.
const MAX_HOST_BYTES: usize = 64;
/// Longest prefix of topics and groups, in bytes.
const MAX_PREFIX_BYTES: usize = 64;
/// Most settings that are passed on to librdkafka, and the longest value of one, in bytes.
const MAX_SETTINGS: (usize, usize) = (64, 4_096);

/// What can be in the place of the embedded bus.
pub(super) const KAFKA: Engine = Engine {
    address: |url| url.strip_prefix("kafka://").filter(|brokers| !brokers.is_empty()),
    expected: "must be embedded:DIR with an absolute path, or kafka://HOST:PORT[,HOST:PORT…]",
};

/// Where the bus is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BusBackend {
    pub(super) place: Place,
    embedded: EmbeddedOptions,
    kafka: KafkaOptions,
}

impl BusBackend {
    /// Reads the key `bus` and the sections `embedded` and `kafka`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            place: KAFKA.read(section, "bus", "bus_file"),
            embedded: section.section("embedded", read_embedded),
            kafka: section.section("kafka", read_kafka),
        }
    }

    /// Opens it for a process of this name; what it tells of itself goes to `registry`.
    pub(super) fn open(
        &self,
        process: &str,
        data_dir: &Path,
        registry: &Registry,
    ) -> anyhow::Result<Arc<dyn EventBus>> {
        match self.place.find(data_dir) {
            Found::Directory(dir) => Ok(Arc::new(EmbeddedBus::open(dir, &self.embedded)?)),
            Found::Engine(brokers) => {
                let kafka = KafkaBus::new(&self.at(brokers, process))?;
                kafka.register_metrics(registry)?;
                Ok(Arc::new(kafka))
            }
        }
    }

    /// Kafka at these brokers, which know its clients by the process and the host.
    pub(super) fn at(&self, brokers: &str, process: &str) -> KafkaOptions {
        let client_id = client_id(process, &host_name());
        KafkaOptions { brokers: brokers.to_owned(), client_id, ..self.kafka.clone() }
    }
}

/// What Kafka calls the clients of a process: the same after each start, so that a quota for it stays in force.
fn client_id(process: &str, host: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let host: String = host.chars().map(|c| if is_plain(c) { c } else { '_' }).take(MAX_HOST_BYTES).collect();
    format!("watchkeeper-{process}-{host}")
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

/// All but where it is.
fn read_kafka(section: &mut Section<'_>) -> KafkaOptions {
    let replication =
        section.has("replication").then(|| section.integer("replication", REPLICATION, *REPLICATION.start()));
    let mut settings = section.texts("settings", MAX_SETTINGS.0, MAX_SETTINGS.1);
    if let Some(password) = section.secret_file("password_file") {
        settings.insert("sasl.password".to_owned(), password.expose().to_owned());
    }
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
        ..KafkaOptions::at("")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_called_after_its_process_and_its_host() {
        assert_eq!(client_id("persister", "web1.example.org"), "watchkeeper-persister-web1.example.org");
        assert_eq!(client_id("persister-9001", "web1"), "watchkeeper-persister-9001-web1");
        assert_eq!(client_id("up", "ж a"), "watchkeeper-up-__a");
        let longest = client_id("up", &"h".repeat(MAX_HOST_BYTES));
        assert_eq!(client_id("up", &"h".repeat(MAX_HOST_BYTES + 1)), longest);
    }
}
