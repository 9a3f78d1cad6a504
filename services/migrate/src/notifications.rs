//! The outbox: what waits goes on waiting, and what was sent is not sent again. What was superseded is left behind.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::{Between, Stores};
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::{Notification, NotificationState, Timestamp};
use watchkeeper_ports::{Lease, NotificationStore, Outcome, Plan, PortError};

/// Most notifications that are migrated, newest first; older ones that wait are reported as missing.
pub const MAX_NOTIFICATIONS: usize = 20_000;
/// Notifications in one plan.
const PLAN: usize = 500;

/// The newest notifications.
pub(crate) struct Notifications<'m> {
    pub(crate) stores: &'m Between<Stores>,
    /// At most this many.
    pub(crate) most: usize,
}

/// A notification, and its number in order of creation.
#[derive(Clone)]
pub(crate) struct Numbered {
    number: usize,
    notification: Notification,
}

impl Notifications<'_> {
    /// How many wait in the source but are too old to be migrated.
    pub(crate) async fn left(&self) -> Result<u64, PortError> {
        let store = &self.stores.here.notifications;
        let newest = store.newest(self.most).await?;
        let carried = newest.iter().filter(|notification| waits(notification)).count() as u64;
        Ok(store.waiting().await?.saturating_sub(carried))
    }

    /// All of them are one page.
    async fn page(
        &self,
        store: &Arc<dyn NotificationStore>,
        after: Option<&Numbered>,
    ) -> Result<Vec<Numbered>, PortError> {
        if after.is_some() {
            return Ok(Vec::new());
        }
        let is_superseded = |one: &Notification| matches!(one.state, NotificationState::Superseded { .. });
        let newest = store.newest(self.most).await?.into_iter();
        let oldest_first = newest.filter(|one| !is_superseded(one)).rev().enumerate();
        let mut numbered: Vec<_> =
            oldest_first.map(|(number, notification)| Numbered { number, notification }).collect();
        numbered.sort_unstable_by(|one, other| one.key().cmp(other.key()));
        Ok(numbered)
    }
}

impl Carried for Notifications<'_> {
    type Item = Numbered;

    /// All at once, because the order of storing differs from the order of comparing.
    const BATCH: usize = usize::MAX;

    async fn here(&self, after: Option<&Numbered>) -> Result<Vec<Numbered>, PortError> {
        self.page(&self.stores.here.notifications, after).await
    }

    async fn there(&self, after: Option<&Numbered>) -> Result<Vec<Numbered>, PortError> {
        self.page(&self.stores.there.notifications, after).await
    }

    /// Oldest first: a notification that waits for an earlier one keeps waiting for it.
    async fn put(&self, mut lacking: Vec<Numbered>) -> Result<(), PortError> {
        lacking.sort_unstable_by_key(|numbered| numbered.number);
        let there = &self.stores.there.notifications;
        for some in lacking.chunks(PLAN) {
            let notifications = some.iter().map(|numbered| waiting(&numbered.notification)).collect();
            there.plan(Arc::new(Plan { notifications, ..Plan::default() })).await?;
        }
        let mut leases = leases(&**there, self.most).await?;
        for Numbered { notification, .. } in lacking {
            if let Some(outcome) = outcome(&notification.state)
                && let Some(lease) = leases.remove(&notification.id)
            {
                there.settle(&lease, &outcome).await?;
            }
        }
        Ok(())
    }
}

impl Item for Numbered {
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        &self.notification.id
    }

    /// The destination owns what waits in the source, whatever has become of it since.
    fn standing(&self, there: &Self) -> Standing {
        let (here, there) = (&self.notification, &there.notification);
        let as_here = Notification { state: here.state.clone(), ..there.clone() };
        match (waits(here), waits(there)) {
            _ if as_here != *here => Standing::Different,
            (true, _) => Standing::Same,
            (false, true) => Standing::Behind,
            (false, false) if here == there => Standing::Same,
            (false, false) => Standing::Different,
        }
    }
}

/// Those of the newest notifications that wait, by id.
async fn leases(store: &dyn NotificationStore, most: usize) -> Result<HashMap<String, Lease>, PortError> {
    let lease = |notification: Notification| match notification.state {
        NotificationState::Waiting { next_at, .. } => {
            Some((notification.id.clone(), Lease::new(notification.id, next_at)))
        }
        NotificationState::Delivered { .. }
        | NotificationState::GivenUp { .. }
        | NotificationState::Superseded { .. } => None,
    };
    Ok(store.newest(most).await?.into_iter().filter_map(lease).collect())
}

fn waits(notification: &Notification) -> bool {
    matches!(notification.state, NotificationState::Waiting { .. })
}

/// The notification in the form to store. One that is settled right after waits for ever, so that nobody
/// sends it in between.
fn waiting(notification: &Notification) -> Notification {
    if waits(notification) {
        return notification.clone();
    }
    let state = NotificationState::Waiting { attempts: 0, next_at: Timestamp::MAX, last_error: None };
    Notification { state, ..notification.clone() }
}

/// Its outcome; `None` while it waits.
fn outcome(state: &NotificationState) -> Option<Outcome> {
    match state {
        NotificationState::Waiting { .. } | NotificationState::Superseded { .. } => None,
        NotificationState::Delivered { at } => Some(Outcome::Delivered { at: *at }),
        NotificationState::GivenUp { at, reason } => {
            Some(Outcome::GivenUp { at: *at, reason: reason.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Teller;
    use tempfile::TempDir;
    use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedEvents, EmbeddedStore};
    use watchkeeper_domain::Channel;

    fn stores(dir: &TempDir) -> Stores {
        let (store, alerts) =
            (EmbeddedStore::open(dir.path()).unwrap(), EmbeddedAlerts::open(dir.path()).unwrap());
        Stores {
            samples: store.samples(),
            events: Arc::new(EmbeddedEvents::open(dir.path()).unwrap()),
            schedule: store.schedule(),
            alerts: alerts.alerts(),
            notifications: alerts.notifications(),
            silences: alerts.silences(),
            incidents: alerts.incidents(),
        }
    }

    fn made_at(seconds: i64) -> Notification {
        let made_at = Timestamp::from_micros(seconds * 1_000_000).unwrap();
        Notification {
            id: format!("n{seconds}"),
            group: "rule=busy".into(),
            channel: Channel::Mail,
            recipient: "ops@example.org".into(),
            subject: String::new(),
            body: String::new(),
            made_at,
            state: NotificationState::Waiting { attempts: 0, next_at: made_at, last_error: None },
        }
    }

    #[tokio::test]
    async fn those_that_wait_and_are_too_many_are_told_as_left() {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let stores = Between { here: stores(&dirs[0]), there: stores(&dirs[1]) };
        let notifications = (1..=4).map(made_at).collect();
        let plan = Arc::new(Plan { notifications, ..Plan::default() });
        stores.here.notifications.plan(plan).await.unwrap();
        let mut carried = Notifications { stores: &stores, most: 3 };
        let mut tell = |_: &crate::Event<'_>| {};
        let counts = crate::carry::carry(&mut carried, &mut Teller::new(&mut tell)).await.unwrap();
        assert_eq!((counts.copied, counts.verified), (3, 3));
        assert_eq!(carried.left().await.unwrap(), 1);
        let newest = stores.there.notifications.newest(10).await.unwrap();
        assert_eq!(newest.iter().map(|one| &*one.id).collect::<Vec<_>>(), ["n4", "n3", "n2"]);
    }
}
