//! The stores, which share one pool of connections.

use crate::alerts::Alerts;
use crate::database::Database;
use crate::events::Events;
use crate::incidents::Incidents;
use crate::notifications::Notifications;
use crate::options::PostgresOptions;
use crate::reports::SqlReports;
use crate::samples::Samples;
use crate::schedule::Schedule;
use crate::silences::Silences;
use std::sync::Arc;
use watchkeeper_ports::{
    AlertStore, EventStore, IncidentStore, NotificationStore, PortError, Reports, SampleStore, ScheduleStore,
    SilenceStore,
};

/// The stores in one schema of a PostgreSQL database. Clones share the pool.
#[derive(Clone)]
pub struct PostgresStore {
    database: Arc<Database>,
    samples: Arc<Samples>,
    events: Arc<Events>,
    reports: Arc<SqlReports>,
}

impl PostgresStore {
    /// Creates the pool; requires a tokio runtime. Connects on first use, and reconnects whenever a
    /// connection is lost.
    ///
    /// # Errors
    /// [`PortError::Broken`] when an option is not valid, or the root certificate cannot be read.
    pub fn connect(options: &PostgresOptions) -> Result<Self, PortError> {
        let database = Arc::new(Database::new(options)?);
        Ok(Self {
            samples: Arc::new(Samples::new(Arc::clone(&database))),
            events: Arc::new(Events::new(Arc::clone(&database))),
            reports: Arc::new(SqlReports::new(Arc::clone(&database), options)),
            database,
        })
    }

    /// Checks the options as [`Self::connect`] does, except that the root certificate need not be readable.
    ///
    /// # Errors
    /// As for [`Self::connect`].
    pub fn check(options: &PostgresOptions) -> Result<(), PortError> {
        Ok(options.server().map(drop)?)
    }

    /// The sample store.
    pub fn samples(&self) -> Arc<dyn SampleStore> {
        Arc::clone(&self.samples) as Arc<dyn SampleStore>
    }

    /// The event store.
    pub fn events(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.events) as Arc<dyn EventStore>
    }

    /// Reports in SQL.
    pub fn reports(&self) -> Arc<dyn Reports> {
        Arc::clone(&self.reports) as Arc<dyn Reports>
    }

    /// The schedule store.
    pub fn schedule(&self) -> Arc<dyn ScheduleStore> {
        Arc::new(Schedule::new(Arc::clone(&self.database)))
    }

    /// The alert store.
    pub fn alerts(&self) -> Arc<dyn AlertStore> {
        Arc::new(Alerts::new(Arc::clone(&self.database)))
    }

    /// The notification store.
    pub fn notifications(&self) -> Arc<dyn NotificationStore> {
        Arc::new(Notifications::new(Arc::clone(&self.database)))
    }

    /// The silence store.
    pub fn silences(&self) -> Arc<dyn SilenceStore> {
        Arc::new(Silences::new(Arc::clone(&self.database)))
    }

    /// The incident store.
    pub fn incidents(&self) -> Arc<dyn IncidentStore> {
        Arc::new(Incidents::new(Arc::clone(&self.database)))
    }
}
