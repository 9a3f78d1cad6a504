//! Planner state of the groups of alerts.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::{Between, Stores};
use std::sync::Arc;
use watchkeeper_ports::{AlertGroup, GroupChange, NotificationStore, Plan, PortError};

pub(crate) struct Groups<'m>(pub(crate) &'m Between<Stores>);

/// All of them are one page.
async fn page(
    store: &Arc<dyn NotificationStore>,
    after: Option<&AlertGroup>,
) -> Result<Vec<AlertGroup>, PortError> {
    if after.is_some() { Ok(Vec::new()) } else { store.groups().await }
}

impl Carried for Groups<'_> {
    type Item = AlertGroup;

    const BATCH: usize = 1_000;

    async fn here(&self, after: Option<&AlertGroup>) -> Result<Vec<AlertGroup>, PortError> {
        page(&self.0.here.notifications, after).await
    }

    async fn there(&self, after: Option<&AlertGroup>) -> Result<Vec<AlertGroup>, PortError> {
        page(&self.0.there.notifications, after).await
    }

    async fn put(&self, lacking: Vec<AlertGroup>) -> Result<(), PortError> {
        let change =
            |group: AlertGroup| GroupChange { key: group.key, expected: 0, state: Some(group.state) };
        let groups = lacking.into_iter().map(change).collect();
        let plan = Arc::new(Plan { groups, ..Plan::default() });
        self.0.there.notifications.plan(plan).await.map(drop)
    }
}

impl Item for AlertGroup {
    type Key<'a> = &'a str;

    fn key(&self) -> &str {
        &self.key
    }

    /// Each store has its own versions.
    fn standing(&self, there: &Self) -> Standing {
        if self.state == there.state { Standing::Same } else { Standing::Different }
    }
}
