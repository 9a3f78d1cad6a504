//! The store of samples, schedules, alerts, notifications, silences and incidents: embedded, or PostgreSQL.

use super::client::{Caller, Client as _};
use super::engines::Postgres;
use super::location::{Engine, Found, Location};
use super::url::with_scheme;
use std::path::Path;
use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedStore};
use watchkeeper_config::Section;
use watchkeeper_migrate::Stores;
use watchkeeper_ports::PortError;

/// PostgreSQL, as a backend of the store.
pub(super) const POSTGRES: Engine = Engine {
    built_in: Postgres::BUILT_IN,
    address: |url| with_scheme(url, &["postgres", "postgresql"]),
    expected: "must be embedded:DIR with an absolute path, or postgres://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE",
};

/// The backend of the store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StoreBackend {
    pub(super) location: Location,
    pub(super) postgres: Postgres,
}

impl StoreBackend {
    /// Reads the key `store` and the section `postgres`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let location = POSTGRES.read(section, "store", "store_file");
        Self { location, postgres: section.section("postgres", Postgres::read) }
    }

    pub(super) fn open(&self, data_dir: &Path, caller: Caller<'_>) -> anyhow::Result<Stores> {
        match self.location.find(data_dir) {
            Found::Directory(dir) => Ok(open_embedded(dir)?),
            Found::Engine(url) => self.postgres.open(url, caller),
        }
    }
}

/// Opens the embedded store in `dir`.
pub(super) fn open_embedded(dir: &Path) -> Result<Stores, PortError> {
    let (store, alerts) = (EmbeddedStore::open(dir)?, EmbeddedAlerts::open(dir)?);
    Ok(Stores {
        samples: store.samples(),
        schedule: store.schedule(),
        alerts: alerts.alerts(),
        notifications: alerts.notifications(),
        silences: alerts.silences(),
        incidents: alerts.incidents(),
    })
}
