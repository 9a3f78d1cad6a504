//! Reads all alerts page by page.

use super::MAX_ALERTS;
use std::ops::ControlFlow::{self, Break, Continue};
use watchkeeper_domain::Alert;
use watchkeeper_ports::{AlertKey, AlertStore, PortError};

/// Alerts per read.
const PAGE: usize = 1_000;

/// Visits the alerts after `begin` in order, until there are no more or the visitor breaks.
pub(super) async fn each_alert(
    store: &dyn AlertStore,
    begin: Option<AlertKey>,
    mut visit: impl FnMut(Alert) -> ControlFlow<()>,
) -> Result<(), PortError> {
    let mut after = begin;
    loop {
        let page = store.alerts(after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(AlertKey::of);
        if page.into_iter().try_for_each(&mut visit).is_break() || is_last {
            return Ok(());
        }
    }
}

/// The first alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirstAlerts {
    /// Ordered by rule and series, at most [`MAX_ALERTS`].
    pub alerts: Vec<Alert>,
    /// Whether there are more.
    pub more: bool,
}

/// The first alerts, ordered by rule and series.
///
/// # Errors
/// Those of [`AlertStore::alerts`].
pub async fn first_alerts(store: &dyn AlertStore) -> Result<FirstAlerts, PortError> {
    let mut alerts = Vec::new();
    // One more than the limit, to know whether there are more.
    each_alert(store, None, |alert| {
        alerts.push(alert);
        if alerts.len() > MAX_ALERTS { Break(()) } else { Continue(()) }
    })
    .await?;
    let more = alerts.len() > MAX_ALERTS;
    alerts.truncate(MAX_ALERTS);
    Ok(FirstAlerts { alerts, more })
}
