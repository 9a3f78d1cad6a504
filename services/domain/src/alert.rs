//! Alerts, silences and notifications.

use crate::{Matcher, Matchers, Series, Timestamp};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The severity of an alert, least severe first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For information.
    Info,
    /// Look at it during working hours.
    #[default]
    Warning,
    /// Look at it now.
    Critical,
}

/// The text does not name a severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be info, warning or critical")]
pub struct UnknownSeverity;

impl Severity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// Its name in rules, labels and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, UnknownSeverity> {
        Self::ALL.into_iter().find(|severity| severity.name() == text).ok_or(UnknownSeverity)
    }
}

/// One rule that fires for one series, from firing to clearing. Rule and series are its identity: when it
/// fires again it is the same alert with a later [`Self::fired_at`].
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The rule's name.
    pub rule: String,
    /// The series it fires for; one of `source` `watchkeeper` if the rule is not for a series.
    pub series: Arc<Series>,
    /// The rule's severity.
    pub severity: Severity,
    /// When it began to fire.
    pub fired_at: Timestamp,
    /// When it cleared; `None` while it fires.
    pub cleared_at: Option<Timestamp>,
    /// The value with which it fired or cleared; `None` if there is none, as when samples are absent.
    pub value: Option<f64>,
    /// Why it fires or no longer does, in one line: `is 0 percent, below 50 for 2m`, or, if the sample that decided has
    /// a note, `answered 500, expected 2xx (availability is 0 percent, below 50 for 2m)`. Another note while it fires
    /// changes nothing.
    pub reason: String,
    /// Who is working on it, if somebody has said so since [`Self::fired_at`].
    pub acknowledged: Option<Acknowledgement>,
}

/// Somebody works on an alert: it is not repeated, and nobody else is notified of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When it was acknowledged.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What they say; may be empty.
    pub comment: String,
    /// The first instant at which it no longer holds; `None`: when the alert clears.
    pub until: Option<Timestamp>,
}

impl Alert {
    /// The acknowledgement that holds at `now`, if the alert fires.
    pub fn acknowledgement(&self, now: Timestamp) -> Option<&Acknowledgement> {
        let holds = |ack: &&Acknowledgement| self.is_firing() && ack.until.is_none_or(|until| now < until);
        self.acknowledged.as_ref().filter(holds)
    }

    /// Whether it fires.
    pub fn is_firing(&self) -> bool {
        self.cleared_at.is_none()
    }

    /// Matchers that match this alert: its rule and the labels of its series.
    pub fn matchers(&self) -> Vec<Matcher> {
        let label = |(name, value): (&str, &str)| {
            // A field of the alert takes precedence over a label of the same name.
            let is_hidden = matches!(name, "rule" | "severity" | "source" | "name" | "unit");
            let field = if is_hidden { format!("labels.{name}") } else { name.to_owned() };
            Matcher::equal(field, value)
        };
        std::iter::once(Matcher::equal("rule", &*self.rule)).chain(self.series.labels().map(label)).collect()
    }

    /// The fields for matchers, grouping and inhibition: `rule`, `severity`, and those of the series.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "rule" => Some(&self.rule),
            "severity" => Some(self.severity.name()),
            _ => self.series.field(name),
        }
    }
}

/// Mutes notifications for matching alerts for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// Its id, chosen by its creator; unique.
    pub id: String,
    /// Which alerts it mutes.
    pub matchers: Matchers,
    /// The first instant at which it is active.
    pub starts_at: Timestamp,
    /// The first instant at which it is no longer active.
    pub ends_at: Timestamp,
    /// Who created it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

impl Silence {
    /// Whether it is active at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.starts_at <= now && now < self.ends_at
    }

    /// Whether it mutes `alert` at `now`.
    pub fn covers(&self, alert: &Alert, now: Timestamp) -> bool {
        self.is_active(now) && self.matchers.hold(|field| alert.field(field))
    }
}

/// How a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// By mail.
    Mail,
    /// By an HTTP POST, of JSON unless the receiver has a template.
    Webhook,
    /// By an incoming webhook of Slack, or of a service that takes the same: Mattermost, Rocket.Chat.
    Slack,
    /// By a webhook of Discord.
    Discord,
    /// By a bot of Telegram.
    Telegram,
    /// By a topic of ntfy.
    Ntfy,
    /// By an application of Gotify.
    Gotify,
    /// By a message to a room of Matrix.
    Matrix,
    /// By an event for `PagerDuty`.
    PagerDuty,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Mail,
        Self::Webhook,
        Self::Slack,
        Self::Discord,
        Self::Telegram,
        Self::Ntfy,
        Self::Gotify,
        Self::Matrix,
        Self::PagerDuty,
    ];

    /// Its name in answers and stores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Telegram => "telegram",
            Self::Ntfy => "ntfy",
            Self::Gotify => "gotify",
            Self::Matrix => "matrix",
            Self::PagerDuty => "pagerduty",
        }
    }
}

/// One message to one recipient about one group of alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The same however often it is created or sent: the recipient can detect duplicates by it. Consists of
    /// letters, digits, `-` and `.`.
    pub id: String,
    /// The group of alerts, in readable form.
    pub group: String,
    /// How it is sent.
    pub channel: Channel,
    /// The mail address, or the name of the receiver.
    pub recipient: String,
    /// A summary in one line.
    pub subject: String,
    /// The complete message, as the channel's sender rendered it when the notification was created.
    pub body: String,
    /// When it was created.
    pub made_at: Timestamp,
    /// Whether it was sent.
    pub state: NotificationState,
}

/// The delivery state of a notification.
#[derive(Clone, Debug, PartialEq)]
pub enum NotificationState {
    /// It waits to be sent.
    Waiting {
        /// Failed attempts so far.
        attempts: u32,
        /// When the next attempt is due.
        next_at: Timestamp,
        /// Why the last attempt failed.
        last_error: Option<String>,
    },
    /// The recipient's side accepted it.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It will not be retried.
    GivenUp {
        /// When the sender gave up.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// It was not sent: a newer notification about the same group took its place.
    Superseded {
        /// When.
        at: Timestamp,
        /// The id of the newer one.
        by: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_silence_covers_the_alerts_that_match_while_it_holds() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let second = Duration::from_secs(1);
        let series = Arc::new(Series::new("host", "load", "", &[("host", "a")]).unwrap());
        let alert = Alert {
            rule: "busy".into(),
            series,
            severity: Severity::Warning,
            fired_at: now,
            cleared_at: None,
            value: Some(9.0),
            reason: "is 9, above 8".into(),
            acknowledged: None,
        };
        let silence = |field: &str, value: &str| Silence {
            id: "1".into(),
            matchers: Matchers::new(vec![Matcher::equal(field, value)]).unwrap(),
            starts_at: now,
            ends_at: now.plus(second),
            created_by: "ops".into(),
            comment: "maintenance".into(),
        };
        for (field, value) in [("rule", "busy"), ("severity", "warning"), ("host", "a"), ("source", "host")] {
            assert!(silence(field, value).covers(&alert, now), "{field}");
            assert!(!silence(field, value).covers(&alert, now.plus(second)), "{field}");
            assert!(!silence(field, value).covers(&alert, now.minus(second)), "{field}");
        }
        assert!(!silence("host", "b").covers(&alert, now));
    }
}
