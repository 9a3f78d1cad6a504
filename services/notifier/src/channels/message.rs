//! The body of a notification for a service that shows text to people. It has nothing of the receiver's options: tokens
//! are not stored, and each service makes its request of it when it is sent.

use crate::message::{Message, about};
use crate::plan::{Notice, Why};
use serde::{Deserialize, Serialize};
use watchkeeper_domain::{Severity, text};

/// A notice in plain text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChatMessage {
    /// The notification's id, the same for every attempt.
    pub(super) id: String,
    /// The id of the first notice of the episode: the same from the first alert to the recovery, and across restarts.
    pub(super) incident: String,
    /// Whether all alerts have cleared.
    pub(super) recovered: bool,
    /// `info`, `warning` or `critical`.
    pub(super) severity: String,
    /// The first line: which and why.
    pub(super) title: String,
    /// The rest; may be empty.
    pub(super) text: String,
    /// What the first alert is about, in a few words.
    pub(super) about: String,
    /// The group, as matchers.
    pub(super) group: String,
    /// The URL of the alerts page, if configured.
    pub(super) url: Option<String>,
    /// When it was created, in RFC 3339.
    pub(super) at: String,
}

impl ChatMessage {
    /// The key of the group over all its episodes: the incident without its number. A new episode may take the place of the
    /// recovery of the one before, which would leave an incident of its own open for ever.
    pub(super) fn group_key(&self) -> &str {
        self.incident.rsplit_once('-').map_or(&self.incident, |(group, _)| group)
    }

    /// The message with the text that a mail would have.
    pub(crate) fn new(notice: &Notice<'_>, message: &Message, url: Option<&str>) -> Self {
        let recovered = notice.why == Why::Recovered;
        let alerts = notice.alerts.iter().map(|told| told.alert);
        let severity =
            alerts.filter(|alert| recovered || alert.is_firing()).map(|alert| alert.severity).max();
        let shown = text::lines(message.text.trim()).into_owned();
        let (title, rest) = shown.split_once('\n').unwrap_or((&shown, ""));
        Self {
            id: notice.id.clone(),
            incident: notice.follows.clone().unwrap_or_else(|| notice.id.clone()),
            recovered,
            severity: severity.unwrap_or(Severity::Info).name().to_owned(),
            title: if title.is_empty() { message.subject.clone() } else { title.to_owned() },
            text: rest.trim().to_owned(),
            about: about(&notice.alerts[0].alert.series),
            group: notice.group_name(),
            url: url.map(str::to_owned),
            at: notice.made_at.to_string(),
        }
    }

    /// The body of the notification.
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).expect("texts can be written as JSON")
    }

    /// Parses the result of [`Self::write`].
    pub(super) fn read(body: &str) -> Result<Self, String> {
        serde_json::from_str(body)
            .map_err(|error| format!("the notification's body is not a message: {error}"))
    }

    /// Title and text.
    pub(super) fn whole(&self) -> String {
        if self.text.is_empty() { self.title.clone() } else { format!("{}\n{}", self.title, self.text) }
    }

    /// One of four values by what it reports.
    pub(super) fn by_severity<T>(&self, [recovered, info, warning, critical]: [T; 4]) -> T {
        match self.severity.as_str() {
            _ if self.recovered => recovered,
            "critical" => critical,
            "warning" => warning,
            _ => info,
        }
    }

    /// Red, orange or blue by severity; green when all has cleared. As 0xRRGGBB.
    pub(super) fn colour(&self) -> u32 {
        self.by_severity([0x38_8e3c, 0x19_76d2, 0xf9_a825, 0xd3_2f2f])
    }
}
