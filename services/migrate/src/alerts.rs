//! Alerts, both firing and cleared.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::{Between, Stores};
use std::sync::Arc;
use watchkeeper_domain::Alert;
use watchkeeper_ports::{AlertKey, AlertStore, Evaluation, PortError};

/// Alerts in one read.
const PAGE: usize = 1_000;

pub(crate) struct Alerts<'m>(pub(crate) &'m Between<Stores>);

async fn page(store: &Arc<dyn AlertStore>, after: Option<&Alert>) -> Result<Vec<Alert>, PortError> {
    store.alerts(after.map(AlertKey::of).as_ref(), PAGE).await
}

impl Carried for Alerts<'_> {
    type Item = Alert;

    const BATCH: usize = PAGE;

    async fn here(&self, after: Option<&Alert>) -> Result<Vec<Alert>, PortError> {
        page(&self.0.here.alerts, after).await
    }

    async fn there(&self, after: Option<&Alert>) -> Result<Vec<Alert>, PortError> {
        page(&self.0.there.alerts, after).await
    }

    async fn put(&self, lacking: Vec<Alert>) -> Result<(), PortError> {
        let found = Evaluation { alerts: lacking, ..Evaluation::default() };
        self.0.there.alerts.store(Arc::new(found)).await
    }
}

impl Item for Alert {
    type Key<'a> = (&'a str, &'a str);

    fn key(&self) -> Self::Key<'_> {
        (&self.rule, self.series.key())
    }

    fn standing(&self, there: &Self) -> Standing {
        if self == there { Standing::Same } else { Standing::Different }
    }
}
