//! Every alert, a page at a time.

use std::ops::ControlFlow;
use watchkeeper_domain::Alert;
use watchkeeper_ports::{AlertKey, AlertStore, PortError};

/// Alerts that are read at once.
pub(super) const PAGE: usize = 1_000;

/// Visits the alerts after `begin` in their order, until there are no more or the visitor breaks off.
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
