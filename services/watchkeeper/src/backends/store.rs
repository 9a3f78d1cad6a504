//! The store of samples, schedules, alerts, notifications and silences: embedded, or PostgreSQL.

use super::place::{Engine, Found, Place};
use super::url::with_scheme;
use std::path::Path;
use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedStore};
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_config::Section;
use watchkeeper_migrate::Stores;
use watchkeeper_ports::PortError;

/// What can be in the place of the embedded store.
pub(super) const POSTGRES: Engine = Engine {
    address: |url| with_scheme(url, &["postgres", "postgresql"]),
    expected: "must be embedded:DIR with an absolute path, or postgres://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE",
};

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoreBackend {
    pub(super) place: Place,
    postgres: PostgresOptions,
}

impl StoreBackend {
    /// Reads the key `store` and the section `postgres`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let place = POSTGRES.read(section, "store", "store_file");
        Self { place, postgres: section.section("postgres", read_postgres) }
    }

    /// PostgreSQL at this URL.
    pub(super) fn at(&self, url: &str) -> PostgresOptions {
        PostgresOptions { url: url.to_owned(), ..self.postgres.clone() }
    }

    pub(super) fn open(&self, data_dir: &Path) -> Result<Stores, PortError> {
        match self.place.find(data_dir) {
            Found::Directory(dir) => open_embedded(dir),
            Found::Engine(url) => {
                let store = PostgresStore::connect(&self.at(url))?;
                Ok(Stores {
                    samples: store.samples(),
                    schedule: store.schedule(),
                    alerts: store.alerts(),
                    notifications: store.notifications(),
                    silences: store.silences(),
                })
            }
        }
    }
}

impl StoreBackend {
    /// How another database is read: with the same patience.
    pub(super) fn how_to_read(&self) -> PostgresOptions {
        let PostgresOptions { connect_timeout, statement_timeout, .. } = self.postgres;
        PostgresOptions { connect_timeout, statement_timeout, ..PostgresOptions::new("") }
    }
}

/// The store in `dir`.
pub(super) fn open_embedded(dir: &Path) -> Result<Stores, PortError> {
    let (store, alerts) = (EmbeddedStore::open(dir)?, EmbeddedAlerts::open(dir)?);
    Ok(Stores {
        samples: store.samples(),
        schedule: store.schedule(),
        alerts: alerts.alerts(),
        notifications: alerts.notifications(),
        silences: alerts.silences(),
    })
}

/// All but where it is.
fn read_postgres(section: &mut Section<'_>) -> PostgresOptions {
    let timeouts = PostgresOptions::TIMEOUT_BOUNDS;
    PostgresOptions {
        password: section.secret_file("password_file").map(|password| password.expose().to_owned()),
        root_certificate: section.path("ca_file"),
        schema: section.text("schema", PostgresOptions::MAX_SCHEMA_BYTES, PostgresOptions::SCHEMA),
        connections: section.integer(
            "connections",
            PostgresOptions::CONNECTIONS_BOUNDS,
            PostgresOptions::CONNECTIONS,
        ),
        connect_timeout: section.duration(
            "connect_timeout",
            timeouts.clone(),
            PostgresOptions::CONNECT_TIMEOUT,
        ),
        statement_timeout: section.duration(
            "statement_timeout",
            timeouts,
            PostgresOptions::STATEMENT_TIMEOUT,
        ),
        ..PostgresOptions::new("")
    }
}
