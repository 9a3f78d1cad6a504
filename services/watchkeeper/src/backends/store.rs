//! The store of samples, events, schedules, alerts, notifications, silences and incidents: embedded, or PostgreSQL.

use super::client::{Caller, Client as _};
use super::engines::Postgres;
use super::location::{Engine, Found, Location};
use super::url::with_scheme;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedEvents, EmbeddedReports, EmbeddedStore};
use watchkeeper_config::Section;
use watchkeeper_migrate::Stores;
use watchkeeper_ports::{PortError, Reports};

/// PostgreSQL, as a backend of the store.
pub(super) const POSTGRES: Engine = Engine {
    built_in: Postgres::BUILT_IN,
    address: |url| with_scheme(url, &["postgres", "postgresql"]),
    expected: "must be embedded:DIR with an absolute path, or postgres://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE",
};

/// The opened store.
pub(super) struct Opened {
    pub(super) stores: Stores,
    /// Reports in SQL over it.
    pub(super) reports: Arc<dyn Reports>,
}

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

    pub(super) fn open(&self, data_dir: &Path, caller: Caller<'_>) -> anyhow::Result<Opened> {
        match self.location.find(data_dir) {
            Found::Directory(dir) => {
                Ok(Opened { stores: open_embedded(dir)?, reports: Arc::new(EmbeddedReports::of(dir)) })
            }
            Found::Engine(url) => self.postgres.open(url, caller),
        }
    }
}

/// Opens the embedded store in `dir`.
pub(super) fn open_embedded(dir: &Path) -> Result<Stores, PortError> {
    let (store, alerts) = (EmbeddedStore::open(dir)?, EmbeddedAlerts::open(dir)?);
    Ok(Stores {
        samples: store.samples(),
        events: Arc::new(EmbeddedEvents::open(dir)?),
        schedule: store.schedule(),
        alerts: alerts.alerts(),
        notifications: alerts.notifications(),
        silences: alerts.silences(),
        incidents: alerts.incidents(),
    })
}
