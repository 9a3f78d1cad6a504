//! What fires, who was told, and what nobody is told of.

use super::World;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Alert, Notification, NotificationState, Silence, Timestamp};
use watchkeeper_ports::{
    AlertGroup, AlertKey, AlertStore, Claimed, Epoch, Evaluation, Group, Lease, Memory, NotificationStore,
    Outcome, Page, Plan, Planned, PortError, PositionStore, SilenceStore, StoredPosition, Tenure, TopicId,
    TopicPartition,
};

#[async_trait]
impl PositionStore for World {
    async fn position(
        &self,
        _: &Group,
        _: &TopicPartition,
        _: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        unimplemented!("the console consumes nothing")
    }
}

#[async_trait]
impl AlertStore for World {
    async fn store(&self, _: Arc<Evaluation>) -> Result<(), PortError> {
        unimplemented!("the console evaluates nothing")
    }

    async fn take_over(&self, _: &TopicPartition, _: &TopicId) -> Result<Epoch, PortError> {
        unimplemented!("the console evaluates nothing")
    }

    async fn memories(&self, _: &TopicPartition, _: &Page) -> Result<Vec<Memory>, PortError> {
        unimplemented!("the console evaluates nothing")
    }

    async fn memory(&self, _: &str) -> Result<Option<Bytes>, PortError> {
        unimplemented!("the console evaluates nothing")
    }

    async fn alerts(&self, after: Option<&AlertKey>, limit: usize) -> Result<Vec<Alert>, PortError> {
        let mut alerts: Vec<_> = self.alerts.iter().map(|alert| (AlertKey::of(alert), alert)).collect();
        alerts.sort_by(|(one, _), (other, _)| one.cmp(other));
        let later = alerts.into_iter().filter(|(key, _)| after.is_none_or(|after| key > after));
        let page = later.take(limit).map(|(_, alert)| alert.clone()).collect();
        self.alert_store.answer("alerts", page).await
    }

    async fn remove(&self, _: &[(AlertKey, Timestamp)]) -> Result<(), PortError> {
        unimplemented!("the console only reads")
    }

    async fn check(&self) -> Result<(), PortError> {
        unimplemented!("the console has no dependency that it waits for")
    }
}

#[async_trait]
impl NotificationStore for World {
    async fn groups(&self) -> Result<Vec<AlertGroup>, PortError> {
        unimplemented!("the console tells nobody")
    }

    async fn plan(&self, _: Arc<Plan>) -> Result<Planned, PortError> {
        unimplemented!("the console tells nobody")
    }

    async fn claim(&self, _: Timestamp, _: Duration, _: usize) -> Result<Vec<Claimed>, PortError> {
        unimplemented!("the console tells nobody")
    }

    async fn renew(&self, _: &Lease) -> Result<Tenure, PortError> {
        unimplemented!("the console tells nobody")
    }

    async fn settle(&self, _: &Lease, _: &Outcome) -> Result<Tenure, PortError> {
        unimplemented!("the console tells nobody")
    }

    async fn newest(&self, limit: usize) -> Result<Vec<Notification>, PortError> {
        let newest = self.notifications.iter().take(limit).cloned().collect();
        self.outbox.answer("notifications", newest).await
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        let waits = |one: &&Notification| matches!(one.state, NotificationState::Waiting { .. });
        let waiting = self.notifications.iter().filter(waits).count();
        self.outbox.answer("notifications", waiting as u64).await
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, PortError> {
        unimplemented!("the console only reads")
    }

    async fn check(&self) -> Result<(), PortError> {
        unimplemented!("the console has no dependency that it waits for")
    }
}

#[async_trait]
impl SilenceStore for World {
    async fn put(&self, _: &Silence) -> Result<(), PortError> {
        unimplemented!("the console only reads")
    }

    async fn silence(&self, _: &str) -> Result<Option<Silence>, PortError> {
        unimplemented!("the console shows all silences")
    }

    async fn ending_after(&self, instant: Timestamp, limit: usize) -> Result<Vec<Silence>, PortError> {
        let mut silences: Vec<_> =
            self.silences.iter().filter(|silence| silence.ends_at > instant).cloned().collect();
        silences.sort_by_key(|silence| silence.ends_at);
        silences.truncate(limit);
        self.silence_store.answer("silences", silences).await
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, PortError> {
        unimplemented!("the console only reads")
    }
}
