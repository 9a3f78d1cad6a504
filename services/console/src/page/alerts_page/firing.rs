//! What fires.

use super::super::alert_row::AlertRow;
use super::super::listed::Listed;
use super::super::moment::Moment;
use super::silences::{SHOWN_BY_CHARS, anchor};
use crate::format::{count, cut};
use crate::gather::{Alerts, MAX_ALERTS, NotNow, Silences};
use watchkeeper_domain::{Alert, Timestamp};

/// Alerts that fire and are shown.
const SHOWN_FIRING: usize = 100;

/// What fires.
pub(super) struct FiringPart {
    /// Those of which somebody is told first.
    pub(super) listed: Listed<FiringRow>,
    /// How many alerts are looked at, if there are more.
    pub(super) looked_at: Option<String>,
    /// Why it is not known what is silenced, if it is not.
    pub(super) no_silences: Option<NotNow>,
}

/// One alert that fires.
pub(super) struct FiringRow {
    pub(super) alert: AlertRow,
    pub(super) silenced: Option<Silenced>,
}

/// By what an alert is silenced.
pub(super) struct Silenced {
    /// Where on the page the silence is, if it is shown.
    pub(super) anchor: Option<String>,
    pub(super) until: Moment,
    pub(super) by: String,
}

impl FiringPart {
    pub(super) fn new(alerts: &Alerts, silences: Result<&Silences, &NotNow>, now: Timestamp) -> Self {
        let row = |alert| FiringRow::new(alert, silences.ok(), now);
        let mut listed = Listed::first(alerts.firing.iter(), SHOWN_FIRING, row);
        listed.rows.sort_by_key(|row| row.silenced.is_some());
        Self {
            listed,
            looked_at: alerts.more_unread.then(|| count(MAX_ALERTS)),
            no_silences: silences.err().cloned(),
        }
    }
}

impl FiringRow {
    fn new(alert: &Alert, silences: Option<&Silences>, now: Timestamp) -> Self {
        Self {
            alert: AlertRow::new(alert, now),
            silenced: silences.and_then(|silences| Silenced::find(silences, alert, now)),
        }
    }
}

impl Silenced {
    fn find(silences: &Silences, alert: &Alert, now: Timestamp) -> Option<Self> {
        let place = silences.covering(alert, now)?;
        let silence = silences.all.get(place)?;
        Some(Self {
            anchor: anchor(place),
            until: Moment::clock(silence.ends_at, now),
            by: cut(&silence.created_by, SHOWN_BY_CHARS),
        })
    }
}
