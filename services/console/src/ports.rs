//! The ports that the console uses.

use std::sync::Arc;
use watchkeeper_ports::{
    AlertStore, EventBus, LatestCache, NotificationStore, Ports, SampleQueries, SilenceStore,
};

/// The ports that the console uses.
#[derive(Clone)]
pub struct ConsolePorts {
    /// Lag and dead letters.
    pub bus: Arc<dyn EventBus>,
    /// Range queries.
    pub samples: Arc<dyn SampleQueries>,
    /// The latest values.
    pub latest: Arc<dyn LatestCache>,
    /// Alerts.
    pub alerts: Arc<dyn AlertStore>,
    /// Notifications.
    pub notifications: Arc<dyn NotificationStore>,
    /// Silences.
    pub silences: Arc<dyn SilenceStore>,
}

impl From<&Ports> for ConsolePorts {
    fn from(ports: &Ports) -> Self {
        let Ports { bus, samples, latest, alerts, notifications, silences, .. } = ports.clone();
        Self { bus, samples, latest, alerts, notifications, silences }
    }
}
