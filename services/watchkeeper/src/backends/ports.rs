//! The ports, and which of them each role gets.

use std::sync::Arc;
use watchkeeper_api::ApiPorts;
use watchkeeper_console::ConsolePorts;
use watchkeeper_notifier::NotifierPorts;
use watchkeeper_ports::{
    AlertStore, EventBus, LatestCache, Mailer, NotificationStore, RollupStore, SampleStore, ScheduleStore,
    SilenceStore,
};

/// The ports, opened.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) samples: Arc<dyn SampleStore>,
    pub(crate) schedule: Arc<dyn ScheduleStore>,
    pub(crate) latest: Arc<dyn LatestCache>,
    pub(crate) rollups: Arc<dyn RollupStore>,
    pub(crate) alerts: Arc<dyn AlertStore>,
    pub(crate) notifications: Arc<dyn NotificationStore>,
    pub(crate) silences: Arc<dyn SilenceStore>,
    pub(crate) mailer: Arc<dyn Mailer>,
}

impl Ports {
    pub(crate) fn of_api(&self) -> ApiPorts {
        let Self { bus, samples, latest, rollups, alerts, notifications, silences, .. } = self.clone();
        ApiPorts { bus, samples, latest, rollups, alerts, notifications, silences }
    }

    pub(crate) fn of_console(&self) -> ConsolePorts {
        let Self { bus, samples, latest, alerts, notifications, silences, .. } = self.clone();
        ConsolePorts { bus, samples, latest, alerts, notifications, silences }
    }

    pub(crate) fn of_notifier(&self) -> NotifierPorts {
        let Self { bus, alerts, notifications, silences, schedule, mailer, .. } = self.clone();
        NotifierPorts { bus, alerts, notifications, silences, schedule, mailer }
    }
}
