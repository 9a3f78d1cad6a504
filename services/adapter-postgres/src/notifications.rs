//! The groups of alerts, and the notification outbox.

mod groups;
mod outbox;
mod row;

use crate::database::Database;
use crate::error::WHAT;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Notification, Timestamp};
use watchkeeper_ports::{
    AlertGroup, Claimed, Lease, NotificationStore, Outcome, Plan, Planned, PortError, Retried, Tenure,
};

pub(crate) struct Notifications {
    database: Arc<Database>,
}

impl Notifications {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

#[async_trait]
impl NotificationStore for Notifications {
    async fn groups(&self) -> Result<Vec<AlertGroup>, PortError> {
        self.database.call(async |connection| groups::all(connection).await).await
    }

    async fn plan(&self, plan: Arc<Plan>) -> Result<Planned, PortError> {
        plan.check(WHAT)?;
        self.database
            .call(async |connection| {
                let transaction = connection.transaction().await?;
                if !groups::are_as_seen(&transaction, &plan.groups).await? {
                    transaction.rollback().await?;
                    return Ok(Planned::Outdated);
                }
                groups::apply(&transaction, &plan.groups).await?;
                outbox::insert(&transaction, &plan.notifications).await?;
                outbox::link(&transaction, &plan.about).await?;
                transaction.commit().await?;
                Ok(Planned::Stored)
            })
            .await
    }

    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<Claimed>, PortError> {
        self.database.call(async |connection| outbox::claim(connection, now, lease, limit).await).await
    }

    async fn renew(&self, lease: &Lease) -> Result<Tenure, PortError> {
        self.database.call(async |connection| outbox::renew(connection, lease).await).await
    }

    async fn settle(&self, lease: &Lease, outcome: &Outcome) -> Result<Tenure, PortError> {
        self.database.call(async |connection| outbox::settle(connection, lease, outcome).await).await
    }

    async fn newest(&self, limit: usize) -> Result<Vec<Notification>, PortError> {
        self.database.call(async |connection| outbox::newest(connection, limit).await).await
    }

    async fn about(&self, alert: &str, limit: usize) -> Result<Vec<Notification>, PortError> {
        self.database.call(async |connection| outbox::about(connection, alert, limit).await).await
    }

    async fn retry(&self, id: &str, now: Timestamp) -> Result<Retried, PortError> {
        let call = async |connection: &mut _| outbox::retry(connection, id, now).await;
        self.database.call(call).await
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        self.database.call(async |connection| outbox::waiting(connection).await).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.database.many_calls(async |connection| outbox::prune(connection, before).await).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}
