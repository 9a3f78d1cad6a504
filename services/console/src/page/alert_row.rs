//! One alert in a table.

use super::moment::Moment;
use super::series_name::SeriesName;
use crate::format::{Shown, cut, duration};
use crate::links;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::AlertKey;

/// Maximum length of a reason in a row, in characters.
const SHOWN_REASON_CHARS: usize = 300;

/// A firing or cleared alert.
pub(super) struct AlertRow {
    pub(super) severity: &'static str,
    /// Its [id](AlertKey::id).
    pub(super) id: String,
    /// The page of the alert.
    pub(super) link: String,
    pub(super) rule: String,
    pub(super) series: SeriesName,
    /// With its unit; `None` for alerts without a value, such as absence.
    pub(super) value: Option<String>,
    pub(super) reason: String,
    pub(super) fired: Moment,
    pub(super) cleared: Option<Cleared>,
}

/// The end of an alert.
pub(super) struct Cleared {
    pub(super) moment: Moment,
    /// How long it fired.
    pub(super) lasted: String,
}

impl AlertRow {
    /// With a link to the alert as it is when the link is followed.
    pub(super) fn present(alert: &Alert, now: Timestamp) -> Self {
        Self { link: links::alert(&alert.rule, &alert.series, None), ..Self::new(alert, now) }
    }

    /// With a link to this time that it fired.
    pub(super) fn new(alert: &Alert, now: Timestamp) -> Self {
        let cleared = |at: Timestamp| Cleared {
            moment: Moment::ago(at, now),
            lasted: duration(at.since(alert.fired_at).as_secs_f64()),
        };
        let value = alert.value.filter(|value| value.is_finite());
        Self {
            severity: alert.severity.name(),
            id: AlertKey::of(alert).id(),
            link: links::alert(&alert.rule, &alert.series, Some(alert.fired_at)),
            rule: alert.rule.clone(),
            series: SeriesName::new(&alert.series),
            value: value.map(|value| Shown::new(value, alert.series.unit()).text),
            reason: cut(&alert.reason, SHOWN_REASON_CHARS),
            fired: Moment::ago(alert.fired_at, now),
            cleared: alert.cleared_at.map(cleared),
        }
    }
}
