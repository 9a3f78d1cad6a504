//! What is wrong, who must not be told of it, and who was.

use crate::{Matchers, Series, Timestamp};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How bad it is, the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at in working hours.
    #[default]
    Warning,
    /// To be looked at now.
    Critical,
}

/// A text that names no severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be info, warning or critical")]
pub struct UnknownSeverity;

impl Severity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The name in rules, labels and answers.
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

/// One rule about one series, from firing to clearing. Rule and series are its identity: when it fires
/// again it is the same alert with a later [`Self::fired_at`].
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The rule's name.
    pub rule: String,
    /// The series it is about; one of `source` `watchkeeper` where a rule is about no series of its own.
    pub series: Arc<Series>,
    /// The rule's severity.
    pub severity: Severity,
    /// When it began to fire.
    pub fired_at: Timestamp,
    /// When it cleared; `None` while it fires.
    pub cleared_at: Option<Timestamp>,
    /// The value with which it fired, or cleared; `None` for what has no value, such as silence.
    pub value: Option<f64>,
    /// Why it fires, or why no longer, in one line of plain words: `is 0 percent, below 50 for 2m`.
    pub reason: String,
}

impl Alert {
    /// Whether it fires.
    pub fn is_firing(&self) -> bool {
        self.cleared_at.is_none()
    }

    /// What matchers, grouping and inhibition see: `rule`, `severity`, and the fields of the series.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "rule" => Some(&self.rule),
            "severity" => Some(self.severity.name()),
            _ => self.series.field(name),
        }
    }
}

/// Nobody is notified of the alerts that match, for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// Given by who makes it; unique.
    pub id: String,
    /// Which alerts.
    pub matchers: Matchers,
    /// The first instant it holds.
    pub starts_at: Timestamp,
    /// The first instant it no longer holds.
    pub ends_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

impl Silence {
    /// Whether it holds at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.starts_at <= now && now < self.ends_at
    }

    /// Whether it keeps `alert` from being told at `now`.
    pub fn covers(&self, alert: &Alert, now: Timestamp) -> bool {
        self.is_active(now) && self.matchers.hold(|field| alert.field(field))
    }
}

/// By which way a notification goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// As a mail.
    Mail,
    /// As a POST of JSON.
    Webhook,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Webhook];

    /// The name in answers and stores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }
}

/// One message to one recipient about one group of alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The same however often it is made or sent: the receiving side can tell a repetition by it. Of
    /// letters, digits, `-` and `.`.
    pub id: String,
    /// The group of alerts it is about, as people read it.
    pub group: String,
    /// The way it goes.
    pub channel: Channel,
    /// The mail address, or the name of the webhook.
    pub recipient: String,
    /// What it says, in one line.
    pub subject: String,
    /// All that is sent, as the channel's sender wrote it when the notification was made.
    pub body: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// How far it has come.
    pub state: NotificationState,
}

/// How far a notification has come.
#[derive(Clone, Debug, PartialEq)]
pub enum NotificationState {
    /// It waits to be sent.
    Waiting {
        /// How often that was tried.
        attempts: u32,
        /// When it is tried (again).
        next_at: Timestamp,
        /// Why it could not be sent at last.
        last_error: Option<String>,
    },
    /// The recipient's side has taken it.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It will not be tried again.
    GivenUp {
        /// When that was decided.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matcher;
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
