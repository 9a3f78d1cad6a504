//! What fires, and what has lately.

use std::cmp::Reverse;
use watchkeeper_domain::{Alert, Series, Severity};
use watchkeeper_ports::{AlertKey, AlertStore, PortError};

/// Most alerts that are read for one page, by rule and series.
pub const MAX_ALERTS: usize = 10_000;
/// Most alerts in one read.
const READ_ALERTS: usize = 1_000;

/// The alerts there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alerts {
    /// The worst first, of these those that fire since lately.
    pub(crate) firing: Vec<Alert>,
    /// Those that cleared last first.
    pub(crate) cleared: Vec<Alert>,
    /// Whether there are more than were read.
    pub(crate) more_unread: bool,
}

impl Alerts {
    fn new(alerts: Vec<Alert>, more_unread: bool) -> Self {
        let (mut firing, mut cleared): (Vec<_>, Vec<_>) = alerts.into_iter().partition(Alert::is_firing);
        firing.sort_by_key(|alert| Reverse((alert.severity, alert.fired_at)));
        cleared.sort_by_key(|alert| Reverse(alert.cleared_at));
        Self { firing, cleared, more_unread }
    }

    /// Those that fire and are critical.
    pub(crate) fn critical(&self) -> usize {
        self.firing.iter().filter(|alert| alert.severity == Severity::Critical).count()
    }

    /// Those about one series, the ones that fire first.
    pub(crate) fn about(&self, series: &Series) -> impl Iterator<Item = &Alert> {
        self.firing.iter().chain(&self.cleared).filter(move |alert| *alert.series == *series)
    }
}

pub(super) async fn all(store: &dyn AlertStore) -> Result<Alerts, PortError> {
    let mut alerts: Vec<Alert> = Vec::new();
    // One more than the limit tells whether there are others.
    while alerts.len() <= MAX_ALERTS {
        let after = alerts.last().map(AlertKey::of);
        let wanted = READ_ALERTS.min(MAX_ALERTS + 1 - alerts.len());
        let page = store.alerts(after.as_ref(), wanted).await?;
        let is_last = page.len() < wanted;
        alerts.extend(page);
        if is_last {
            break;
        }
    }
    let more_unread = alerts.len() > MAX_ALERTS;
    alerts.truncate(MAX_ALERTS);
    Ok(Alerts::new(alerts, more_unread))
}
