//! The status of this process, and the lag of the consumer groups.

use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::Letters;
use watchkeeper_ports::{Consumers, EventBus, NotificationStore};
use watchkeeper_query::{Alerts, Samples, lag_of_consumers, within_time};
use watchkeeper_runtime::{RoleContext, RoleState};
use watchkeeper_wire::json::{GroupLag, RoleStatus, StatusJson};

/// Reports the status of this process.
#[derive(Clone)]
pub(crate) struct Status {
    pub(crate) context: RoleContext,
    pub(crate) started_at: Timestamp,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) consumers: Consumers,
    pub(crate) samples: Samples,
    pub(crate) letters: Letters,
    pub(crate) alerts: Alerts,
    pub(crate) notifications: Arc<dyn NotificationStore>,
}

impl Status {
    /// The current state of the roles, and the figures of the dependencies that answer.
    pub(crate) async fn now(&self) -> StatusJson {
        let roles = self.context.roster().roles();
        let (lag, dead_letters, cached_series, firing_alerts, waiting_notifications) = tokio::join!(
            self.lag(),
            within_time("bus", self.letters.waiting()),
            within_time("cache", self.samples.cached_series()),
            within_time("alerts", self.alerts.firing()),
            within_time("notifications", self.notifications.waiting()),
        );
        StatusJson {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at.to_string(),
            roles: roles.iter().map(|(role, state)| role_status(role, state)).collect(),
            lag,
            dead_letters: dead_letters.ok(),
            cached_series: cached_series.ok().map(|series| series as u64),
            firing_alerts: firing_alerts.ok(),
            waiting_notifications: waiting_notifications.ok(),
        }
    }

    /// Groups whose lag is unknown are omitted.
    async fn lag(&self) -> Vec<GroupLag> {
        let lags = lag_of_consumers(&*self.bus, &self.consumers).await.into_iter();
        let shown = lags.filter_map(|((topic, group), lag)| {
            Some(GroupLag { group: group.to_string(), topic: topic.to_string(), records: lag.ok()?.behind })
        });
        shown.collect()
    }
}

fn role_status(role: &str, state: &RoleState) -> RoleStatus {
    RoleStatus {
        role: role.to_owned(),
        ready: state.is_ready(),
        waiting_for: state.missing.keys().map(|&dependency| dependency.to_owned()).collect(),
        status: state.to_string(),
    }
}
