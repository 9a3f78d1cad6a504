//! What is migrated, from where to where.

use std::sync::Arc;
use watchkeeper_ports::{
    AlertStore, EventBus, EventStore, IncidentStore, NotificationStore, RollupStore, SampleStore,
    ScheduleStore, SilenceStore,
};

/// Source and destination.
#[derive(Clone)]
pub struct Between<T> {
    /// The source, which is only read.
    pub here: T,
    /// The destination.
    pub there: T,
}

/// What to migrate.
#[derive(Clone)]
pub struct Migration {
    /// The store, with or without the bus.
    pub store: Option<StoreMigration>,
    /// The rollups.
    pub rollups: Option<Between<Arc<dyn RollupStore>>>,
}

/// A migration of the store. The bus never migrates without it, because the positions in the store refer to
/// one bus.
#[derive(Clone)]
pub struct StoreMigration {
    /// The stores.
    pub stores: Between<Stores>,
    /// The bus to which the source's positions refer.
    pub bus: Arc<dyn EventBus>,
    /// The bus that gets the unread records, if the bus migrates too.
    pub new_bus: Option<Arc<dyn EventBus>>,
}

/// The ports of a store.
#[derive(Clone)]
pub struct Stores {
    /// Samples, and the persister's positions.
    pub samples: Arc<dyn SampleStore>,
    /// Events, their counts, and the processor's positions.
    pub events: Arc<dyn EventStore>,
    /// The collector's schedule.
    pub schedule: Arc<dyn ScheduleStore>,
    /// Alerts, evaluator state, and the evaluators' positions.
    pub alerts: Arc<dyn AlertStore>,
    /// Groups of alerts, and the outbox.
    pub notifications: Arc<dyn NotificationStore>,
    /// Silences.
    pub silences: Arc<dyn SilenceStore>,
    /// Incidents on status pages.
    pub incidents: Arc<dyn IncidentStore>,
}
