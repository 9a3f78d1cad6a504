//! PostgreSQL.

use crate::backends::client::{Caller, Client};
use crate::backends::store::Opened;
use std::sync::Arc;
use watchkeeper_adapter_postgres::{PostgresMetricsTable, PostgresOptions, PostgresStore};
use watchkeeper_config::Section;
use watchkeeper_migrate::Stores;
use watchkeeper_ports::{MetricsTable, PortError};

#[derive(Clone, Debug, PartialEq)]
pub(in crate::backends) struct Postgres(PostgresOptions);

impl Client for Postgres {
    type Opened = Opened;

    fn read(section: &mut Section<'_>) -> Self {
        Self(PostgresOptions::read(section))
    }

    fn check(&self, url: &str, _: &str) -> Result<(), PortError> {
        PostgresStore::check(&self.at(url))
    }

    fn place(&self, url: &str) -> Option<String> {
        self.at(url).address().map(|address| format!("PostgreSQL at {address}"))
    }

    fn open(&self, url: &str, _: Caller<'_>) -> anyhow::Result<Opened> {
        let store = PostgresStore::connect(&self.at(url))?;
        let stores = Stores {
            samples: store.samples(),
            events: store.events(),
            schedule: store.schedule(),
            alerts: store.alerts(),
            notifications: store.notifications(),
            silences: store.silences(),
            incidents: store.incidents(),
        };
        Ok(Opened { stores, reports: store.reports() })
    }
}

impl Postgres {
    fn at(&self, url: &str) -> PostgresOptions {
        PostgresOptions { url: url.to_owned(), ..self.0.clone() }
    }

    /// Opens the table of the previous platform at `url`, with the timeouts of the store.
    pub(in crate::backends) fn open_table(&self, url: &str) -> anyhow::Result<Arc<dyn MetricsTable>> {
        let PostgresOptions { connect_timeout, statement_timeout, .. } = self.0;
        let options = PostgresOptions { connect_timeout, statement_timeout, ..PostgresOptions::new(url) };
        Ok(Arc::new(PostgresMetricsTable::connect(&options)?))
    }
}
