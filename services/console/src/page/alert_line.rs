//! Firing alerts and undelivered notifications, in one line.

use crate::format::{age, count};
use crate::gather::{Alerting, Alerts, Outbox, WaitingSince};
use std::time::Duration;
use watchkeeper_domain::{NotificationState, Timestamp};

/// A notification pending for less than this is in progress and not mentioned.
const WORTH_MENTION: Duration = Duration::from_secs(60);
/// How long a failed notification is mentioned.
const GIVEN_UP_LATELY: Duration = Duration::from_secs(24 * 60 * 60);

/// `2 alerts firing (1 critical), 1 notification pending for 4 min`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AlertLine {
    pub(super) text: String,
    /// The CSS class.
    pub(super) class: &'static str,
    /// The prefix of the page title: `2 firing · `; empty if no alert is firing.
    pub(super) title: String,
}

impl AlertLine {
    /// `None` if no alert is firing and every notification is delivered, or if that is unknown.
    pub(super) fn of(alerting: &Alerting, now: Timestamp) -> Option<Self> {
        let (alerts, outbox) = (alerting.alerts.as_ref().ok(), alerting.outbox.as_ref().ok());
        let parts = [
            alerts.and_then(firing),
            outbox.and_then(|outbox| waiting(outbox, now)),
            outbox.and_then(|outbox| given_up(outbox, now)),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let is_critical = alerts.is_some_and(|alerts| alerts.critical() > 0);
        let firing = alerts.map(|alerts| alerts.firing.len()).filter(|firing| *firing > 0);
        (!parts.is_empty()).then(|| Self {
            text: parts.join(", "),
            class: if is_critical { "degraded" } else { "waiting" },
            title: firing.map(|firing| format!("{} firing · ", count(firing))).unwrap_or_default(),
        })
    }
}

fn firing(alerts: &Alerts) -> Option<String> {
    let at_least = if alerts.more_unread { "at least " } else { "" };
    let critical = match alerts.critical() {
        0 => String::new(),
        critical => format!(" ({} critical)", count(critical)),
    };
    match alerts.firing.len() {
        0 => None,
        1 => Some(format!("{at_least}1 alert firing{critical}")),
        firing => Some(format!("{at_least}{} alerts firing{critical}", count(firing))),
    }
}

/// Whether a notification that was made then should have been delivered.
pub(super) fn is_worth_mention(made_at: Timestamp, now: Timestamp) -> bool {
    now.since(made_at) >= WORTH_MENTION
}

fn waiting(outbox: &Outbox, now: Timestamp) -> Option<String> {
    let (over, made_at) = match outbox.waiting_since()? {
        WaitingSince::Exactly(at) => ("", at),
        WaitingSince::Before(at) => ("over ", at),
    };
    let since = age(made_at, now).filter(|_| is_worth_mention(made_at, now))?;
    let waiting = match outbox.waiting {
        0 => return None,
        1 => "1 notification pending".to_owned(),
        waiting => format!("{} notifications pending", count(waiting)),
    };
    Some(format!("{waiting} for {over}{since}"))
}

fn given_up(outbox: &Outbox, now: Timestamp) -> Option<String> {
    let is_lately = |state: &NotificationState| match state {
        NotificationState::GivenUp { at, .. } => now.since(*at) < GIVEN_UP_LATELY,
        _ => false,
    };
    match outbox.newest.iter().filter(|one| is_lately(&one.state)).count() {
        0 => None,
        1 => Some("1 notification failed".to_owned()),
        more => Some(format!("{} notifications failed", count(more))),
    }
}
