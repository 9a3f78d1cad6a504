//! What the api needs from the world.

use std::sync::Arc;
use watchkeeper_ports::{
    AlertStore, EventBus, LatestCache, NotificationStore, Ports, RollupStore, SampleQueries, SilenceStore,
};

/// What the api needs from the world.
#[derive(Clone)]
pub struct ApiPorts {
    /// Live samples, lag.
    pub bus: Arc<dyn EventBus>,
    /// The history.
    pub samples: Arc<dyn SampleQueries>,
    /// The latest values.
    pub latest: Arc<dyn LatestCache>,
    /// What the history became.
    pub rollups: Arc<dyn RollupStore>,
    /// What fires, and what the rules remember.
    pub alerts: Arc<dyn AlertStore>,
    /// What people are told.
    pub notifications: Arc<dyn NotificationStore>,
    /// What they are not told for a time.
    pub silences: Arc<dyn SilenceStore>,
}

impl From<&Ports> for ApiPorts {
    fn from(ports: &Ports) -> Self {
        let Ports { bus, samples, latest, rollups, alerts, notifications, silences, .. } = ports.clone();
        Self { bus, samples, latest, rollups, alerts, notifications, silences }
    }
}
