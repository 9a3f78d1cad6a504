//! Alerts of the past.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::{Between, Stores};
use std::cmp::Reverse;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::{AlertStore, Evaluation, PastAlerts, PastKey, PortError};

/// Alerts in one read.
const PAGE: usize = 1_000;

pub(crate) struct Past<'m>(pub(crate) &'m Between<Stores>);

/// An alert of the past, with its place.
#[derive(Clone, Debug)]
pub(crate) struct PastAlert {
    place: Reverse<PastKey>,
    alert: Alert,
}

async fn page(store: &Arc<dyn AlertStore>, after: Option<&PastAlert>) -> Result<Vec<PastAlert>, PortError> {
    let after = after.map(|last| last.place.0.clone());
    let question = PastAlerts { of: None, since: Timestamp::MIN, after, limit: PAGE };
    let found = store.past(&question).await?.into_iter();
    Ok(found.filter_map(|alert| Some(PastAlert { place: Reverse(PastKey::of(&alert)?), alert })).collect())
}

impl Carried for Past<'_> {
    type Item = PastAlert;

    const BATCH: usize = PAGE;

    async fn here(&self, after: Option<&PastAlert>) -> Result<Vec<PastAlert>, PortError> {
        page(&self.0.here.alerts, after).await
    }

    async fn there(&self, after: Option<&PastAlert>) -> Result<Vec<PastAlert>, PortError> {
        page(&self.0.there.alerts, after).await
    }

    async fn put(&self, lacking: Vec<PastAlert>) -> Result<(), PortError> {
        let past = lacking.into_iter().map(|lacking| lacking.alert).collect();
        self.0.there.alerts.store(Arc::new(Evaluation { past, ..Evaluation::default() })).await
    }
}

impl Item for PastAlert {
    type Key<'a> = &'a Reverse<PastKey>;

    fn key(&self) -> Self::Key<'_> {
        &self.place
    }

    fn standing(&self, there: &Self) -> Standing {
        if self.alert == there.alert { Standing::Same } else { Standing::Different }
    }
}
