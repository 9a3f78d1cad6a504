//! What the console asks.

use std::sync::Arc;
use watchkeeper_ports::{
    AlertStore, EventBus, LatestCache, NotificationStore, Ports, SampleQueries, SilenceStore,
};

/// What the console asks.
#[derive(Clone)]
pub struct ConsolePorts {
    /// How far everybody has come.
    pub bus: Arc<dyn EventBus>,
    /// Values over time.
    pub samples: Arc<dyn SampleQueries>,
    /// The latest values.
    pub latest: Arc<dyn LatestCache>,
    /// What fires.
    pub alerts: Arc<dyn AlertStore>,
    /// Who is told of it.
    pub notifications: Arc<dyn NotificationStore>,
    /// What nobody is told of.
    pub silences: Arc<dyn SilenceStore>,
}

impl From<&Ports> for ConsolePorts {
    fn from(ports: &Ports) -> Self {
        let Ports { bus, samples, latest, alerts, notifications, silences, .. } = ports.clone();
        Self { bus, samples, latest, alerts, notifications, silences }
    }
}
