//! How this process is, and how far everybody has come.

use crate::alerts::Alerts;
use crate::dead_letters::DeadLetters;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Consumers, EventBus, Lag, LatestCache, NotificationStore, PortError};
use watchkeeper_runtime::{RoleContext, RoleState};
use watchkeeper_wire::json::{GroupLag, RoleStatus, StatusJson};

/// How long one figure of the status may take; one that takes longer is left out.
const FIGURE_WITHIN: Duration = Duration::from_secs(2);

/// Tells how this process is.
#[derive(Clone)]
pub(crate) struct Status {
    pub(crate) context: RoleContext,
    pub(crate) started_at: Timestamp,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) consumers: Consumers,
    pub(crate) latest: Arc<dyn LatestCache>,
    pub(crate) letters: Arc<DeadLetters>,
    pub(crate) alerts: Alerts,
    pub(crate) notifications: Arc<dyn NotificationStore>,
}

impl Status {
    /// The roles as they are now, and the figures of those dependencies that answer.
    pub(crate) async fn now(&self) -> StatusJson {
        let roles = self.context.roster().roles();
        let (lag, dead_letters, cached_series, firing_alerts, waiting_notifications) = tokio::join!(
            figure(self.lag()),
            figure(self.letters.waiting()),
            figure(self.latest.len()),
            figure(self.alerts.firing()),
            figure(self.notifications.waiting()),
        );
        StatusJson {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at.to_string(),
            roles: roles.iter().map(|(role, state)| role_status(role, state)).collect(),
            lag: lag.unwrap_or_default(),
            dead_letters,
            cached_series: cached_series.map(|series| series as u64),
            firing_alerts,
            waiting_notifications,
        }
    }

    async fn lag(&self) -> Result<Vec<GroupLag>, PortError> {
        let mut lags = Vec::new();
        for (topic, group) in &*self.consumers {
            let partitions = self.bus.lag(topic, group).await?;
            lags.push(GroupLag {
                group: group.to_string(),
                topic: topic.to_string(),
                records: partitions.iter().map(Lag::records).sum(),
            });
        }
        Ok(lags)
    }
}

/// A figure, unless the dependency that knows it is away.
async fn figure<T, E>(asked: impl Future<Output = Result<T, E>>) -> Option<T> {
    tokio::time::timeout(FIGURE_WITHIN, asked).await.ok()?.ok()
}

fn role_status(role: &str, state: &RoleState) -> RoleStatus {
    RoleStatus {
        role: role.to_owned(),
        ready: state.is_ready(),
        waiting_for: state.missing.keys().map(|&dependency| dependency.to_owned()).collect(),
        status: state.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test(start_paused = true)]
    async fn a_figure_that_takes_too_long_is_left_out() {
        assert_eq!(figure(async { Ok::<_, PortError>(7) }).await, Some(7));
        assert_eq!(figure(pending::<Result<u64, PortError>>()).await, None);
    }
}
