//! Alerts.

use super::SeriesJson;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_domain::{Acknowledgement, Alert, Timestamp};
use watchkeeper_ports::AlertKey;

/// A rule that fires for a series, or has recently cleared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertJson {
    /// ID, the same whenever this rule fires for this series.
    #[serde(default)]
    #[schema(example = "5f1d7a84e2c3b096")]
    pub id: String,
    /// Name of the rule.
    #[schema(example = "site_down")]
    pub rule: String,
    /// Severity: `info`, `warning` or `critical`.
    #[schema(example = "critical")]
    pub severity: String,
    /// `firing`, `cleared` or, only if asked for, `pending`: its condition holds, but not for long enough yet.
    #[schema(example = "firing")]
    pub state: String,
    /// The series that the alert is for.
    pub series: SeriesJson,
    /// When it started firing; omitted while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-20T10:00:00Z", format = DateTime)]
    pub fired_at: Option<String>,
    /// Since when its condition holds; only while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub pending_since: Option<String>,
    /// When it fires unless its condition ceases to hold; only while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub fires_at: Option<String>,
    /// When it cleared; omitted while it is firing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub cleared_at: Option<String>,
    /// The value at which it fired or cleared; omitted if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Why it is firing, or why it cleared.
    #[schema(example = "is 0 percent, below 50 for 2m")]
    pub reason: String,
    /// Who is working on it; omitted if nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<AcknowledgementJson>,
    /// IDs of the silences that mute it; omitted if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silenced_by: Vec<String>,
    /// A firing alert that inhibits it; omitted if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inhibited_by: Option<AlertRef>,
}

/// An acknowledged alert is not repeated or escalated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AcknowledgementJson {
    /// Who acknowledged it.
    #[schema(example = "ann")]
    pub by: String,
    /// When.
    #[schema(example = "2026-11-20T10:05:00Z", format = DateTime)]
    pub at: String,
    /// Until when it holds; omitted if until the alert clears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// What they said; omitted if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "restarting the shop")]
    pub comment: String,
}

impl From<&Acknowledgement> for AcknowledgementJson {
    fn from(Acknowledgement { at, by, comment, until }: &Acknowledgement) -> Self {
        let until = until.map(|until| until.to_string());
        Self { by: by.clone(), at: at.to_string(), until, comment: comment.clone() }
    }
}

/// Acknowledges firing alerts: the one with an ID, or all that match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeRequest {
    /// `id` of an alert from the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "5f1d7a84e2c3b096")]
    pub id: Option<String>,
    /// Matchers, as for silences; all must match. Instead of `id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, example = json!(["rule=\"site_down\"", "target=\"shop\""]))]
    pub matchers: Vec<String>,
    /// How long it holds at most, such as `2h`; until the alert clears if omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2h")]
    pub duration: Option<String>,
    /// Who acknowledges; the name of the token if omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "ann")]
    pub by: Option<String>,
    /// What to tell others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 1000, example = "restarting the shop")]
    pub comment: String,
}

/// Takes acknowledgements back: that of the alert with an ID, or those of all that match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnacknowledgeRequest {
    /// `id` of an alert from the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "5f1d7a84e2c3b096")]
    pub id: Option<String>,
    /// Matchers, as for silences; all must match. Instead of `id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, example = json!(["rule=\"site_down\""]))]
    pub matchers: Vec<String>,
}

/// A reference to an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertRef {
    /// Name of the rule.
    #[schema(example = "host_down")]
    pub rule: String,
    /// The series that the alert is for.
    pub series: SeriesJson,
}

/// A page of alerts, ordered by rule and series key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertList {
    /// The alerts.
    pub alerts: Vec<AlertJson>,
    /// Token of the next page; omitted on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
}

impl AlertJson {
    /// The states of a firing, of a cleared and of a pending alert.
    pub const STATES: [&str; 3] = ["firing", "cleared", "pending"];

    /// The alert at `now`, and what mutes it.
    pub fn new(
        alert: &Alert,
        now: Timestamp,
        silenced_by: Vec<String>,
        inhibited_by: Option<&Alert>,
    ) -> Self {
        let [firing, cleared, _] = Self::STATES;
        Self {
            id: AlertKey::of(alert).id(),
            rule: alert.rule.clone(),
            severity: alert.severity.to_string(),
            state: if alert.is_firing() { firing } else { cleared }.to_owned(),
            series: SeriesJson::from(&*alert.series),
            fired_at: Some(alert.fired_at.to_string()),
            pending_since: None,
            fires_at: None,
            cleared_at: alert.cleared_at.map(|at| at.to_string()),
            value: alert.value.filter(|value| value.is_finite()),
            reason: alert.reason.clone(),
            acknowledged: alert.acknowledgement(now).map(AcknowledgementJson::from),
            silenced_by,
            inhibited_by: inhibited_by.map(AlertRef::from),
        }
    }

    /// The same while it is pending: its condition holds since `since`, and what says when it fired says when it fires.
    #[must_use]
    pub fn pending(self, since: Timestamp) -> Self {
        let [.., pending] = Self::STATES;
        let fires_at = self.fired_at;
        let pending_since = Some(since.to_string());
        Self { state: pending.to_owned(), fired_at: None, pending_since, fires_at, ..self }
    }
}

impl From<&Alert> for AlertRef {
    fn from(alert: &Alert) -> Self {
        Self { rule: alert.rule.clone(), series: SeriesJson::from(&*alert.series) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use watchkeeper_domain::{Series, Severity, Timestamp};

    #[test]
    fn an_alert_reads_as_documented_while_it_fires_and_when_it_has_cleared() {
        let mut alert = Alert {
            rule: "busy".into(),
            series: Arc::new(Series::new("host", "load", "", &[("host", "a")]).unwrap()),
            severity: Severity::Warning,
            fired_at: Timestamp::MIN,
            cleared_at: None,
            value: Some(9.5),
            reason: "is 9.5, above 8".into(),
            acknowledged: None,
        };
        let json = |alert: &Alert| {
            serde_json::to_string(&AlertJson::new(alert, Timestamp::MIN, vec![], None)).unwrap()
        };
        assert_eq!(
            json(&alert),
            concat!(
                r#"{"id":"eb6ce0db43e81b28","rule":"busy","severity":"warning","state":"firing","#,
                r#""series":{"source":"host","name":"load","labels":{"host":"a"}},"#,
                r#""fired_at":"1970-01-01T00:00:00Z","value":9.5,"reason":"is 9.5, above 8"}"#
            )
        );
        alert.cleared_at = Some(Timestamp::MIN.plus(Duration::from_secs(1)));
        assert!(json(&alert).contains(r#""state":"cleared""#));
        assert!(json(&alert).contains(r#""cleared_at":"1970-01-01T00:00:01Z""#));
    }

    #[test]
    fn a_pending_alert_says_since_when_and_until_when() {
        let alert = Alert {
            rule: "busy".into(),
            series: Arc::new(Series::new("host", "load", "", &[]).unwrap()),
            severity: Severity::Warning,
            fired_at: Timestamp::MIN.plus(Duration::from_secs(120)),
            cleared_at: None,
            value: Some(9.5),
            reason: "is 9.5, above 8 for 2 min".into(),
            acknowledged: None,
        };
        let json = AlertJson::new(&alert, Timestamp::MIN, vec![], None).pending(Timestamp::MIN);
        let json = serde_json::to_value(json).unwrap();
        assert_eq!(json["state"], "pending");
        assert_eq!(json["pending_since"], "1970-01-01T00:00:00Z");
        assert_eq!(json["fires_at"], "1970-01-01T00:02:00Z");
        assert_eq!(json.get("fired_at"), None);
    }

    #[test]
    fn an_alert_says_what_keeps_it_from_being_told() {
        let series = Arc::new(Series::new("host", "up", "", &[]).unwrap());
        let alert = Alert {
            rule: "host_down".into(),
            series,
            severity: Severity::Critical,
            fired_at: Timestamp::MIN,
            cleared_at: None,
            value: None,
            reason: "no sample for 10m".into(),
            acknowledged: None,
        };
        let json =
            serde_json::to_value(AlertJson::new(&alert, Timestamp::MIN, vec!["x".into()], Some(&alert)))
                .unwrap();
        assert_eq!(json["silenced_by"], serde_json::json!(["x"]));
        let by = serde_json::json!({ "rule": "host_down", "series": { "source": "host", "name": "up" } });
        assert_eq!(json["inhibited_by"], by);
    }
}
