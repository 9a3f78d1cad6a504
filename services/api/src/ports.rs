//! The ports that the api uses.

use std::sync::Arc;
use watchkeeper_ports::{
    AlertStore, AnswerCache, EventBus, EventQueries, IncidentStore, LatestCache, NotificationStore, Ports,
    Reports, RollupStore, SampleQueries, SeriesDeletion, SilenceStore,
};

/// The ports that the api uses.
#[derive(Clone)]
pub struct ApiPorts {
    /// Live samples, lag, dead letters.
    pub bus: Arc<dyn EventBus>,
    /// Stored samples.
    pub samples: Arc<dyn SampleQueries>,
    /// The same store, to delete series from.
    pub deletion: Arc<dyn SeriesDeletion>,
    /// The latest values.
    pub latest: Arc<dyn LatestCache>,
    /// Stored events.
    pub events: Arc<dyn EventQueries>,
    /// Answers to queries of events.
    pub answers: Arc<dyn AnswerCache>,
    /// Reports in SQL.
    pub reports: Arc<dyn Reports>,
    /// Rollups.
    pub rollups: Arc<dyn RollupStore>,
    /// Alerts, and the evaluator state of the rules.
    pub alerts: Arc<dyn AlertStore>,
    /// Notifications.
    pub notifications: Arc<dyn NotificationStore>,
    /// Silences.
    pub silences: Arc<dyn SilenceStore>,
    /// Incidents on status pages.
    pub incidents: Arc<dyn IncidentStore>,
}

impl From<&Ports> for ApiPorts {
    fn from(ports: &Ports) -> Self {
        let Ports {
            bus,
            samples,
            latest,
            events,
            answers,
            reports,
            rollups,
            alerts,
            notifications,
            silences,
            incidents,
            ..
        } = ports.clone();
        let deletion = samples.clone();
        Self {
            bus,
            samples,
            deletion,
            latest,
            events,
            answers,
            reports,
            rollups,
            alerts,
            notifications,
            silences,
            incidents,
        }
    }
}
