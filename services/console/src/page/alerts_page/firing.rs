//! What fires.

use super::super::alert_row::AlertRow;
use super::super::listed::Listed;
use super::super::moment::Moment;
use super::super::series_name::SeriesName;
use super::silences::{SHOWN_BY_CHARS, anchor};
use crate::format::{count, cut};
use crate::gather::{Alerts, Silences};
use watchkeeper_domain::{Alert, Silence, Timestamp};
use watchkeeper_query::{MAX_ALERTS, NoAnswer};
use watchkeeper_rules::{Muting, RuleSet};

/// Alerts that fire and are shown.
const SHOWN_FIRING: usize = 100;

/// What fires.
pub(super) struct FiringPart {
    /// Those of which somebody is told first.
    pub(super) listed: Listed<FiringRow>,
    /// How many alerts are looked at, if there are more.
    pub(super) looked_at: Option<String>,
    /// Why it is not known what is silenced, if it is not.
    pub(super) no_silences: Option<NoAnswer>,
}

/// One alert that fires.
pub(super) struct FiringRow {
    pub(super) alert: AlertRow,
    pub(super) silenced: Option<Silenced>,
    pub(super) inhibited: Option<Inhibited>,
}

/// By what an alert is silenced.
pub(super) struct Silenced {
    /// Where on the page the silence is, if it is shown.
    pub(super) anchor: Option<String>,
    pub(super) until: Moment,
    pub(super) by: String,
}

/// The alert that inhibits another.
pub(super) struct Inhibited {
    pub(super) rule: String,
    pub(super) series: SeriesName,
}

impl FiringPart {
    pub(super) fn new(
        alerts: &Alerts,
        silences: Result<&Silences, &NoAnswer>,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Self {
        let all = silences.map_or(&[][..], |silences| &silences.all);
        let muting = Muting::new(now, &alerts.firing, all, rules.inhibitions());
        let row = |alert| FiringRow {
            alert: AlertRow::new(alert, now),
            silenced: Silenced::find(all, &muting, alert, now),
            inhibited: muting.inhibitor_of(alert).map(Inhibited::new),
        };
        let mut listed = Listed::first(alerts.firing.iter(), SHOWN_FIRING, row);
        listed.rows.sort_by_key(|row| row.silenced.is_some() || row.inhibited.is_some());
        Self {
            listed,
            looked_at: alerts.more_unread.then(|| count(MAX_ALERTS)),
            no_silences: silences.err().cloned(),
        }
    }
}

impl Silenced {
    /// By the silence that covers the alert for longest.
    fn find(all: &[Silence], muting: &Muting<'_>, alert: &Alert, now: Timestamp) -> Option<Self> {
        let silence = muting.silences_of(alert).max_by_key(|silence| silence.ends_at)?;
        let place = all.iter().position(|one| one.id == silence.id)?;
        Some(Self {
            anchor: anchor(place),
            until: Moment::clock(silence.ends_at, now),
            by: cut(&silence.created_by, SHOWN_BY_CHARS),
        })
    }
}

impl Inhibited {
    fn new(by: &Alert) -> Self {
        Self { rule: by.rule.clone(), series: SeriesName::new(&by.series) }
    }
}
