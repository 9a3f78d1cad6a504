//! All ports of a process.

use crate::{
    AlertStore, EventBus, LatestCache, Mailer, NotificationStore, RollupStore, SampleStore, ScheduleStore,
    SilenceStore,
};
use std::sync::Arc;

/// All ports of a process, opened; each role takes those that it needs. A clone shares them.
#[derive(Clone)]
pub struct Ports {
    /// Records: samples, dead letters.
    pub bus: Arc<dyn EventBus>,
    /// The history of samples.
    pub samples: Arc<dyn SampleStore>,
    /// When each thing was last done.
    pub schedule: Arc<dyn ScheduleStore>,
    /// The latest value of each series.
    pub latest: Arc<dyn LatestCache>,
    /// Hourly and daily rollups.
    pub rollups: Arc<dyn RollupStore>,
    /// What fires, and what the rules remember.
    pub alerts: Arc<dyn AlertStore>,
    /// What people are told.
    pub notifications: Arc<dyn NotificationStore>,
    /// What they are not told for a time.
    pub silences: Arc<dyn SilenceStore>,
    /// Where mail is handed over.
    pub mailer: Arc<dyn Mailer>,
}
