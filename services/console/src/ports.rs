//! The ports that the console uses.

use std::sync::Arc;
use watchkeeper_ports::{
    AlertStore, AnswerCache, EventBus, EventQueries, IncidentStore, LatestCache, NotificationStore, Ports,
    RollupStore, SampleQueries, SilenceStore,
};

/// The ports that the console uses.
#[derive(Clone)]
pub struct ConsolePorts {
    /// Lag and dead letters.
    pub bus: Arc<dyn EventBus>,
    /// Range queries.
    pub samples: Arc<dyn SampleQueries>,
    /// Events.
    pub events: Arc<dyn EventQueries>,
    /// Answers to queries of events.
    pub answers: Arc<dyn AnswerCache>,
    /// The latest values.
    pub latest: Arc<dyn LatestCache>,
    /// Uptimes of months, and long ranges.
    pub rollups: Arc<dyn RollupStore>,
    /// Alerts.
    pub alerts: Arc<dyn AlertStore>,
    /// Notifications.
    pub notifications: Arc<dyn NotificationStore>,
    /// Silences.
    pub silences: Arc<dyn SilenceStore>,
    /// Incidents on status pages.
    pub incidents: Arc<dyn IncidentStore>,
}

impl From<&Ports> for ConsolePorts {
    fn from(ports: &Ports) -> Self {
        let Ports {
            bus,
            samples,
            events,
            answers,
            latest,
            rollups,
            alerts,
            notifications,
            silences,
            incidents,
            ..
        } = ports.clone();
        Self { bus, samples, events, answers, latest, rollups, alerts, notifications, silences, incidents }
    }
}
