//! The last days of the alerts page: alerts, silences and notifications.

use super::Sources;
use crate::recent::Recent;
use std::time::Duration;
use watchkeeper_domain::{Alert, Notification, Silence, Timestamp};
use watchkeeper_query::{Answer, PendingAlerts, ended_silences, within_time};

/// How far back the time line reaches.
pub(crate) const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Alerts of the last week that are read, the last to clear.
pub const MAX_PAST: usize = 500;
/// Notifications that are read, the newest.
pub const MAX_NOTIFICATIONS_READ: usize = 500;

/// What happened in the last days.
pub(crate) struct Past {
    /// Rules whose conditions hold, but not for long enough yet.
    pub(crate) pending: Answer<PendingAlerts>,
    /// Alerts that cleared in the last week, the last first: one more than [`MAX_PAST`] if there are more.
    pub(crate) cleared: Answer<Vec<Alert>>,
    /// Silences that ended in the last week.
    pub(crate) ended: Answer<Vec<Silence>>,
    /// Of the chosen time, the newest first.
    pub(crate) notifications: Answer<Notifications>,
}

#[derive(Debug, Default)]
pub(crate) struct Notifications {
    pub(crate) newest: Vec<Notification>,
    /// Whether more were made in that time than are read.
    pub(crate) more: bool,
}

/// Runs all queries concurrently.
pub(crate) async fn past(sources: &Sources, recent: Recent, now: Timestamp) -> Past {
    let (pending, cleared, ended, notifications) = tokio::join!(
        within_time("alerts", sources.alert_queries.pending()),
        within_time("alerts", sources.alert_queries.past(now.minus(WEEK), MAX_PAST + 1)),
        within_time("silences", ended_silences(&*sources.silences, now)),
        within_time("notifications", sources.notifications.newest(MAX_NOTIFICATIONS_READ)),
    );
    let notifications = notifications.map(|mut newest| {
        let read_all = newest.len() < MAX_NOTIFICATIONS_READ;
        newest.retain(|notification| notification.made_at >= recent.from(now));
        Notifications { more: !read_all && newest.len() == MAX_NOTIFICATIONS_READ, newest }
    });
    Past { pending, cleared, ended, notifications }
}
