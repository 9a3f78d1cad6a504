//! All ports of a process.

use crate::{
    AlertStore, AnswerCache, EventBus, EventStore, IncidentStore, LatestCache, Mailer, NotificationStore,
    Reports, RollupStore, SampleStore, ScheduleStore, SilenceStore,
};
use std::sync::Arc;

/// All ports of a process, opened; each role uses those that it needs. Clones share them.
#[derive(Clone)]
pub struct Ports {
    /// Records: samples, dead letters.
    pub bus: Arc<dyn EventBus>,
    /// The history of samples.
    pub samples: Arc<dyn SampleStore>,
    /// The history of events, and their counts.
    pub events: Arc<dyn EventStore>,
    /// Questions in SQL about samples and events.
    pub reports: Arc<dyn Reports>,
    /// When periodic jobs last began.
    pub schedule: Arc<dyn ScheduleStore>,
    /// The latest value of each series.
    pub latest: Arc<dyn LatestCache>,
    /// Answers to recent queries of events.
    pub answers: Arc<dyn AnswerCache>,
    /// Hourly and daily rollups.
    pub rollups: Arc<dyn RollupStore>,
    /// Alerts, and the evaluators' state.
    pub alerts: Arc<dyn AlertStore>,
    /// The notification outbox.
    pub notifications: Arc<dyn NotificationStore>,
    /// Silences.
    pub silences: Arc<dyn SilenceStore>,
    /// Incidents on status pages.
    pub incidents: Arc<dyn IncidentStore>,
    /// The mail transport.
    pub mailer: Arc<dyn Mailer>,
}
