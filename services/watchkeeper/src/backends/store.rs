//! The store of samples, schedules, alerts, notifications and silences: embedded, or PostgreSQL.

use super::url;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedStore};
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_move::Stores;
use watchkeeper_ports::PortError;
use watchkeeper_runtime::config::Section;

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoreBackend {
    place: Option<Place>,
    postgres: PostgresOptions,
}

impl StoreBackend {
    /// Reads the key `store` and the section `postgres`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let place = url::read(section, "store", "store_file");
        let url = match &place {
            Some(Place::Postgres(url)) => url.clone(),
            _ => String::new(),
        };
        Self { place, postgres: section.section("postgres", |postgres| read_postgres(postgres, url)) }
    }

    /// Whether several processes can use it.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.place, Some(Place::Postgres(_)))
    }

    /// Leaves the place that was read.
    pub(super) fn forget_place(&mut self) {
        self.place = None;
    }

    /// Takes the engine at `url` for its place, if that is one of its own.
    pub(super) fn place_at(&mut self, url: &str) -> bool {
        let Ok(Place::Postgres(url)) = url.parse() else { return false };
        self.postgres.url.clone_from(&url);
        self.place = Some(Place::Postgres(url));
        true
    }

    /// The directory it keeps its files in, if it is embedded.
    pub(super) fn directory<'a>(&'a self, data_dir: &'a Path) -> Option<&'a Path> {
        match &self.place {
            None => Some(data_dir),
            Some(Place::Embedded(dir)) => Some(dir),
            Some(Place::Postgres(_)) => None,
        }
    }

    pub(super) fn open(&self, data_dir: &Path) -> Result<Stores, PortError> {
        let Some(dir) = self.directory(data_dir) else {
            let store = PostgresStore::connect(&self.postgres)?;
            return Ok(Stores {
                samples: store.samples(),
                schedule: store.schedule(),
                alerts: store.alerts(),
                notifications: store.notifications(),
                silences: store.silences(),
            });
        };
        open_embedded(dir)
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

fn read_postgres(section: &mut Section<'_>, url: String) -> PostgresOptions {
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
        ..PostgresOptions::new(url)
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Embedded(PathBuf),
    Postgres(String),
}

/// Without the URL, in which a password may stand.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(dir) => f.debug_tuple("Embedded").field(dir).finish(),
            Self::Postgres(_) => f.write_str("Postgres"),
        }
    }
}

/// A text that names no store.
struct UnknownStore;

impl fmt::Display for UnknownStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "must be embedded:DIR with an absolute path, or postgres://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE",
        )
    }
}

impl FromStr for Place {
    type Err = UnknownStore;

    fn from_str(text: &str) -> Result<Self, UnknownStore> {
        if url::starts_with_any(text, &["postgres", "postgresql"]) {
            return Ok(Self::Postgres(text.to_owned()));
        }
        url::embedded(text).map(|dir| Self::Embedded(dir.into())).ok_or(UnknownStore)
    }
}
