//! Rules that are pending.

use super::super::alert_row::AlertRow;
use super::super::listed::Listed;
use super::super::moment::Moment;
use crate::format::count;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::{MAX_PENDING, PendingAlert, PendingAlerts};

/// Maximum number shown, those that fire first.
const SHOWN_PENDING: usize = 50;

pub(super) struct PendingPart {
    pub(super) listed: Listed<PendingRow>,
    /// The number of series read, if there may be more.
    pub(super) looked_at: Option<String>,
}

pub(super) struct PendingRow {
    pub(super) alert: AlertRow,
    pub(super) since: Moment,
    pub(super) fires: Moment,
}

impl PendingPart {
    pub(super) fn new(pending: PendingAlerts, now: Timestamp) -> Self {
        let PendingAlerts { mut alerts, more } = pending;
        alerts.sort_by_key(|pending| pending.alert.fired_at);
        let row = |PendingAlert { alert, since }: PendingAlert| PendingRow {
            alert: AlertRow::present(&alert, now),
            since: Moment::ago(since, now),
            fires: Moment::clock(alert.fired_at, now),
        };
        Self {
            listed: Listed::first(alerts.into_iter(), SHOWN_PENDING, row),
            looked_at: more.then(|| count(MAX_PENDING)),
        }
    }
}
