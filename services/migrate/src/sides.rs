//! What is moved, from where to where.

use std::sync::Arc;
use watchkeeper_ports::{
    AlertStore, EventBus, NotificationStore, RollupStore, SampleStore, ScheduleStore, SilenceStore,
};

/// Here and there.
#[derive(Clone)]
pub struct Between<T> {
    /// Where it is, and stays as it is.
    pub here: T,
    /// Where it is to be.
    pub there: T,
}

/// What is to be moved.
#[derive(Clone)]
pub struct Migration {
    /// The store, with or without the bus.
    pub store: Option<StoreMigration>,
    /// The rollups.
    pub rollups: Option<Between<Arc<dyn RollupStore>>>,
}

/// A migration of the store. A bus never moves without it: the positions in the store are about one bus.
#[derive(Clone)]
pub struct StoreMigration {
    /// The stores.
    pub stores: Between<Stores>,
    /// The bus that the positions here are about.
    pub bus: Arc<dyn EventBus>,
    /// The bus that takes what is unread, if the bus moves too.
    pub new_bus: Option<Arc<dyn EventBus>>,
}

/// The ports of a store.
#[derive(Clone)]
pub struct Stores {
    /// Samples, and the persister's positions.
    pub samples: Arc<dyn SampleStore>,
    /// When things were last begun.
    pub schedule: Arc<dyn ScheduleStore>,
    /// Alerts, what evaluators remember, and their positions.
    pub alerts: Arc<dyn AlertStore>,
    /// Groups of alerts, and the outbox.
    pub notifications: Arc<dyn NotificationStore>,
    /// Silences.
    pub silences: Arc<dyn SilenceStore>,
}
