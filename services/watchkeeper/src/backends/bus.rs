//! The bus: embedded, Kafka, or the ingest of another host.

use super::client::{Caller, Client as _};
use super::engines::Kafka;
use super::location::{Engine, Found, Location};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_adapter_ingest::{IngestBus, IngestOptions};
use watchkeeper_config::{HttpUrl, Section};
use watchkeeper_ports::EventBus;
use watchkeeper_spool::{SpoolConfig, SpoolPort};

/// How long the spool keeps records of a role that does not run: ten years.
const SPOOL_EXPIRY: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// Kafka, as a backend of the bus.
pub(super) const KAFKA: Engine = Engine {
    built_in: Kafka::BUILT_IN,
    address: |url| url.strip_prefix("kafka://").filter(|brokers| !brokers.is_empty()),
    expected: "must be embedded:DIR with an absolute path, kafka://HOST:PORT[,HOST:PORT…], or the https:// URL of another \
               Watchkeeper",
};

/// The ingest of another Watchkeeper, as a backend of the bus: for roles that only publish.
const INGEST: Engine =
    Engine { built_in: true, address: |url| IngestOptions::url(url).map(|_| url), expected: KAFKA.expected };

/// The backend of the bus.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BusBackend {
    pub(super) location: Location,
    embedded: EmbeddedOptions,
    pub(super) kafka: Kafka,
    ingest: IngestOptions,
}

impl BusBackend {
    /// Reads the key `bus` and the sections `embedded`, `kafka` and `ingest`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            location: Engine::read_one_of(&[KAFKA, INGEST], section, "bus", "bus_file"),
            embedded: section.section("embedded", EmbeddedOptions::read),
            kafka: section.section("kafka", Kafka::read),
            ingest: section.section("ingest", IngestOptions::read),
        }
    }

    /// The URL of another Watchkeeper, if the bus is its ingest.
    pub(super) fn of_another_host(&self) -> Option<HttpUrl> {
        self.location.engine().and_then(IngestOptions::url)
    }

    /// The brokers, if the bus is Kafka.
    pub(super) fn brokers(&self) -> Option<&str> {
        self.location.engine().filter(|address| IngestOptions::url(address).is_none())
    }

    pub(super) fn open(&self, data_dir: &Path, caller: Caller<'_>) -> anyhow::Result<Arc<dyn EventBus>> {
        if let Some(url) = self.of_another_host() {
            return Ok(Arc::new(IngestBus::new(&url, self.ingest.clone())));
        }
        match self.location.find(data_dir) {
            Found::Directory(dir) => Ok(Arc::new(EmbeddedBus::open(dir, &self.embedded)?)),
            Found::Engine(brokers) => self.kafka.open(brokers, caller),
        }
    }
}

/// Opens a spool: a bus on the local disk that keeps records while the bus is unavailable. Consumed records may be
/// pruned at once; all others must stay, however long that takes.
pub(super) fn open_spool(config: &SpoolConfig, data_dir: &Path) -> SpoolPort {
    let options = EmbeddedOptions {
        max_backlog_bytes: config.max_bytes as u64,
        bus_retention: Duration::ZERO,
        group_expiry: SPOOL_EXPIRY,
        ..EmbeddedOptions::default()
    };
    Ok(Arc::new(EmbeddedBus::open(&config.directory_in(data_dir), &options)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_collector::CollectorConfig;
    use watchkeeper_ingest::IngestConfig;

    #[test]
    fn the_spools_of_two_roles_are_apart_and_one_directory_is_of_one_role() {
        let data_dir = tempfile::tempdir().unwrap();
        let (ingest, collector) = (IngestConfig::default().spool, CollectorConfig::default().spool);
        let of_ingest = open_spool(&ingest, data_dir.path());
        assert!(of_ingest.is_ok() && open_spool(&collector, data_dir.path()).is_ok());
        let mut same = collector.clone();
        same.directory = Some(ingest.directory_in(data_dir.path()));
        assert!(open_spool(&same, data_dir.path()).is_err(), "the role is not ready, and says so");
    }
}
