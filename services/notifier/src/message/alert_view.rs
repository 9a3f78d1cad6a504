//! One alert in templates and webhooks.

use super::labels::Labels;
use super::one_line::one_line;
use super::words;
use crate::failed_unit;
use minijinja::Value;
use serde::Serialize;
use watchkeeper_domain::{Alert, Series, Timestamp};
use watchkeeper_rules::HEARTBEAT_RULE;

/// Longest name of an alert's subject, in characters.
const MAX_ABOUT_CHARS: usize = 80;

/// One alert of a notice.
#[derive(Debug, Serialize)]
pub(super) struct ToldView<'a> {
    /// `fires`, `fires_again`, `cleared` or `still_fires`, compared with the last notice.
    pub(super) news: &'static str,
    /// The rule's summary; `null` if it has none.
    pub(super) summary: Option<String>,
    #[serde(flatten)]
    pub(super) alert: AlertView<'a>,
}

/// One alert for the summary of its rule.
#[derive(Debug, Serialize)]
pub(super) struct AlertView<'a> {
    /// `firing` or `cleared`.
    pub(super) status: &'static str,
    pub(super) rule: &'a str,
    /// `info`, `warning` or `critical`.
    pub(super) severity: &'static str,
    /// Its subject, in a few words: the values of the labels, or else source and name of the series.
    pub(super) about: String,
    /// The series' key: source, name, labels and unit in one line.
    pub(super) series: &'a str,
    pub(super) source: &'a str,
    pub(super) name: &'a str,
    /// Empty if there is none.
    pub(super) unit: &'a str,
    pub(super) labels: Value,
    /// `null` for an alert without a value, such as for absence.
    pub(super) value: Option<f64>,
    /// The value with its unit, formatted; `null` without a value.
    pub(super) shown: Option<String>,
    /// Why it fires or has cleared, in one line.
    pub(super) reason: &'a str,
    /// Subject and reason as one sentence: `shop is 0 percent, below 50`.
    pub(super) sentence: String,
    /// The condition in plain words; `null` if the rule was removed.
    pub(super) condition: Option<&'a str>,
    /// Instants are RFC 3339; the filter `time` formats them.
    pub(super) fired_at: String,
    /// `null` while it fires.
    pub(super) cleared_at: Option<String>,
    /// From firing to clearing, or until now.
    pub(super) duration_seconds: u64,
    /// The same, formatted: `4m 10s`.
    pub(super) duration: String,
}

impl<'a> AlertView<'a> {
    pub(super) fn new(alert: &'a Alert, condition: Option<&'a str>, now: Timestamp) -> Self {
        let series = &*alert.series;
        let duration = alert.cleared_at.unwrap_or(now).since(alert.fired_at);
        Self {
            status: if alert.is_firing() { "firing" } else { "cleared" },
            rule: &alert.rule,
            severity: alert.severity.name(),
            about: about(series),
            series: series.key(),
            source: series.source(),
            name: series.name(),
            unit: series.unit(),
            labels: Labels::value(series.labels()),
            value: alert.value,
            shown: alert.value.map(|value| words::amount(value, series.unit())),
            reason: &alert.reason,
            sentence: sentence(&about(series), alert),
            condition,
            fired_at: alert.fired_at.to_string(),
            cleared_at: alert.cleared_at.map(|at| at.to_string()),
            duration_seconds: duration.as_secs(),
            duration: words::span(duration),
        }
    }
}

/// `shop` for `uptime/availability{target="shop"}`.
pub(crate) fn about(series: &Series) -> String {
    let values: Vec<_> = series.labels().map(|(_, value)| value).filter(|value| !value.is_empty()).collect();
    if values.is_empty() {
        return format!("{}/{}", series.source(), series.name());
    }
    one_line(&values.join(" "), MAX_ABOUT_CHARS)
}

/// What an alert for `subject` says, as one sentence: `shop is 0 percent, below 50`, or
/// `shop: answered 500, expected 2xx (availability is 0 percent, below 50)`. The reasons of dead letters and of a failed
/// unit are sentences already, which name the topic or the unit.
pub(crate) fn sentence(subject: &str, alert: &Alert) -> String {
    /// How reasons begin that continue a sentence.
    const VERBS: [&str; 5] = ["is ", "has ", "rose ", "fell ", "rises "];
    let (series, reason) = (&alert.series, &alert.reason);
    if series.source() == "watchkeeper" && ["dead_letters", failed_unit::RULE].contains(&series.name()) {
        return reason.clone();
    }
    // The rule of a heartbeat, which is shown before the sentence, names the job.
    if alert.rule.strip_prefix(HEARTBEAT_RULE) == Some(subject) {
        return reason.clone();
    }
    let colon = if VERBS.iter().any(|verb| reason.starts_with(verb)) { "" } else { ":" };
    format!("{subject}{colon} {reason}")
}
