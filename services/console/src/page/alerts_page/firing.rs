//! Firing alerts.

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

/// Maximum number of firing alerts shown.
const SHOWN_FIRING: usize = 100;

pub(super) struct FiringPart {
    /// Notified ones before muted ones.
    pub(super) listed: Listed<FiringRow>,
    /// The limit, if there are more alerts than that.
    pub(super) looked_at: Option<String>,
    /// Why the silences are not available, if they are not.
    pub(super) no_silences: Option<NoAnswer>,
}

pub(super) struct FiringRow {
    pub(super) alert: AlertRow,
    pub(super) acknowledged: Option<Acknowledged>,
    pub(super) silenced: Option<Silenced>,
    pub(super) inhibited: Option<Inhibited>,
}

/// Who works on an alert.
pub(super) struct Acknowledged {
    pub(super) by: String,
    pub(super) until: Option<Moment>,
}

/// The silence that mutes an alert.
pub(super) struct Silenced {
    /// The anchor of the silence on the page, if it is shown.
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
        let row = |alert: &Alert| FiringRow {
            alert: AlertRow::present(alert, now),
            acknowledged: alert.acknowledgement(now).map(|ack| Acknowledged {
                by: cut(&ack.by, SHOWN_BY_CHARS),
                until: ack.until.map(|until| Moment::clock(until, now)),
            }),
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
    /// The matching silence that ends last.
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
