//! Alerts, notifications, silences and incidents in `alerts.db`: a separate file, so that notifications do not wait for
//! samples to be stored.

mod alert;
mod counter;
mod epoch;
mod evaluation;
mod group;
mod incident;
mod memory;
mod notification;
mod outbox;
mod past;
mod plan;
mod silence;

use crate::positions;
use crate::sqlite::Database;
use async_trait::async_trait;
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Acknowledgement, Alert, Incident, Notification, Silence, Timestamp};
use watchkeeper_ports::{
    AlertGroup, AlertKey, AlertStore, Claimed, Epoch, Evaluation, Group, IncidentStore, Lease, Memory,
    NotificationStore, Outcome, Page, PastAlerts, Plan, Planned, PortError, PositionStore, Retried,
    SilenceStore, StoredPosition, Tenure, TopicId, TopicPartition,
};

/// The store's name for operators, and of its file.
const NAME: &str = "alerts";
const MIGRATIONS: [&str; 6] = [
    concat!(
        include_str!("positions/schema.sql"),
        include_str!("alerts/schema.sql"),
        include_str!("sqlite/check.sql")
    ),
    include_str!("positions/topic_ids.sql"),
    include_str!("alerts/claimed.sql"),
    include_str!("alerts/acknowledged.sql"),
    include_str!("alerts/past.sql"),
    include_str!("alerts/incidents.sql"),
];

/// Alerts, notifications, silences and incidents in `alerts.db`.
///
/// It is closed when the last handle is dropped; pending work is finished first, which may take as long as
/// one write to disk.
#[derive(Clone)]
pub struct EmbeddedAlerts {
    database: Arc<Database<()>>,
}

impl EmbeddedAlerts {
    /// Opens the store in `dir`, and creates both if need be. Blocks.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] while another process has it open; [`PortError::Broken`] if the file
    /// is damaged, of a newer version, or cannot be created.
    pub fn open(dir: &Path) -> Result<Self, PortError> {
        let database = Database::open(dir, NAME, &MIGRATIONS, |_| Ok(()))?;
        Ok(Self { database: Arc::new(database) })
    }

    /// The store as an alert store.
    pub fn alerts(&self) -> Arc<dyn AlertStore> {
        Arc::new(self.clone())
    }

    /// The store as a notification store.
    pub fn notifications(&self) -> Arc<dyn NotificationStore> {
        Arc::new(self.clone())
    }

    /// The store as a silence store.
    pub fn silences(&self) -> Arc<dyn SilenceStore> {
        Arc::new(self.clone())
    }

    /// The store as an incident store.
    pub fn incidents(&self) -> Arc<dyn IncidentStore> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl PositionStore for EmbeddedAlerts {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        positions::position(&self.database, group, partition, topic_id).await
    }
}

#[async_trait]
impl AlertStore for EmbeddedAlerts {
    async fn store(&self, evaluation: Arc<Evaluation>) -> Result<(), PortError> {
        self.database.write(move |conn, ()| evaluation::store(conn, &evaluation)).await
    }

    async fn take_over(&self, partition: &TopicPartition, topic_id: &TopicId) -> Result<Epoch, PortError> {
        let (partition, topic_id) = (partition.clone(), topic_id.clone());
        self.database.write(move |conn, ()| epoch::take_over(conn, partition, topic_id)).await
    }

    async fn memories(&self, partition: &TopicPartition, page: &Page) -> Result<Vec<Memory>, PortError> {
        let (partition, page) = (partition.clone(), page.clone());
        self.database.read(move |conn| memory::page(conn, &partition, &page)).await
    }

    async fn memory(&self, series_key: &str) -> Result<Option<Bytes>, PortError> {
        let series_key = series_key.to_owned();
        self.database.read(move |conn| memory::last(conn, &series_key)).await
    }

    async fn pending(&self, limit: usize) -> Result<Vec<Memory>, PortError> {
        self.database.read(move |conn| memory::pending(conn, limit)).await
    }

    async fn alerts(&self, after: Option<&AlertKey>, limit: usize) -> Result<Vec<Alert>, PortError> {
        let after = after.cloned();
        self.database.read(move |conn| alert::page(conn, after.as_ref(), limit)).await
    }

    async fn acknowledge(
        &self,
        firing: &[(AlertKey, Timestamp)],
        acknowledgement: Option<&Acknowledgement>,
    ) -> Result<u64, PortError> {
        let (firing, acknowledgement) = (firing.to_vec(), acknowledgement.cloned());
        self.database.write(move |conn, ()| alert::acknowledge(conn, &firing, acknowledgement.as_ref())).await
    }

    async fn remove(&self, cleared: &[(AlertKey, Timestamp)]) -> Result<(), PortError> {
        let cleared = cleared.to_vec();
        self.database.write(move |conn, ()| alert::remove(conn, &cleared)).await
    }

    async fn past(&self, question: &PastAlerts) -> Result<Vec<Alert>, PortError> {
        let question = question.clone();
        self.database.read(move |conn| past::page(conn, &question)).await
    }

    async fn prune(&self, before: Timestamp, most: u64) -> Result<u64, PortError> {
        let mut removed = 0;
        loop {
            let step = self.database.write(move |conn, ()| past::prune_step(conn, before, most)).await?;
            removed += step;
            if step < past::STEP_ROWS {
                return Ok(removed);
            }
        }
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}

#[async_trait]
impl NotificationStore for EmbeddedAlerts {
    async fn groups(&self) -> Result<Vec<AlertGroup>, PortError> {
        self.database.read(group::all).await
    }

    async fn plan(&self, plan: Arc<Plan>) -> Result<Planned, PortError> {
        plan.check(NAME)?;
        self.database.write(move |conn, ()| plan::store(conn, &plan)).await
    }

    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<Claimed>, PortError> {
        self.database.write(move |conn, ()| outbox::claim(conn, now, lease, limit)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<Tenure, PortError> {
        let lease = lease.clone();
        self.database.write(move |conn, ()| outbox::renew(conn, &lease)).await
    }

    async fn settle(&self, lease: &Lease, outcome: &Outcome) -> Result<Tenure, PortError> {
        let (lease, outcome) = (lease.clone(), outcome.clone());
        self.database.write(move |conn, ()| outbox::settle(conn, &lease, &outcome)).await
    }

    async fn newest(&self, limit: usize) -> Result<Vec<Notification>, PortError> {
        self.database.read(move |conn| outbox::newest(conn, limit)).await
    }

    async fn about(&self, alert: &str, limit: usize) -> Result<Vec<Notification>, PortError> {
        let alert = alert.to_owned();
        self.database.read(move |conn| outbox::about(conn, &alert, limit)).await
    }

    async fn retry(&self, id: &str, now: Timestamp) -> Result<Retried, PortError> {
        let id = id.to_owned();
        self.database.write(move |conn, ()| outbox::retry(conn, &id, now)).await
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        self.database.read(outbox::waiting).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        let mut removed = 0;
        loop {
            let step = self.database.write(move |conn, ()| outbox::prune_step(conn, before)).await?;
            removed += step;
            if step < outbox::STEP_ROWS {
                return Ok(removed);
            }
        }
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}

#[async_trait]
impl SilenceStore for EmbeddedAlerts {
    async fn put(&self, silence: &Silence) -> Result<(), PortError> {
        let silence = silence.clone();
        self.database.write(move |conn, ()| silence::put(conn, &silence)).await
    }

    async fn silence(&self, id: &str) -> Result<Option<Silence>, PortError> {
        let id = id.to_owned();
        self.database.read(move |conn| silence::find(conn, &id)).await
    }

    async fn ending_after(&self, instant: Timestamp, limit: usize) -> Result<Vec<Silence>, PortError> {
        self.database.read(move |conn| silence::ending_after(conn, instant, limit)).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.database.write(move |conn, ()| silence::prune(conn, before)).await
    }
}

#[async_trait]
impl IncidentStore for EmbeddedAlerts {
    async fn put(&self, incident: &Incident) -> Result<bool, PortError> {
        let incident = incident.clone();
        self.database.write(move |conn, ()| incident::put(conn, &incident)).await
    }

    async fn incident(&self, id: &str) -> Result<Option<Incident>, PortError> {
        let id = id.to_owned();
        self.database.read(move |conn| incident::find(conn, &id)).await
    }

    async fn ending_from(&self, instant: Timestamp, limit: usize) -> Result<Vec<Incident>, PortError> {
        self.database.read(move |conn| incident::ending_from(conn, instant, limit)).await
    }

    async fn incidents(&self, after: Option<&str>, limit: usize) -> Result<Vec<Incident>, PortError> {
        let after = after.map(str::to_owned);
        self.database.read(move |conn| incident::page(conn, after.as_deref(), limit)).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.database.write(move |conn, ()| incident::prune(conn, before)).await
    }
}
