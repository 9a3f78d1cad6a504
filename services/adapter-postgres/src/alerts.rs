//! Alerts, and the state of the evaluators.

mod alert;
mod epoch;
mod memory;
mod past;
mod rows;

use crate::database::Database;
use crate::positions;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use watchkeeper_domain::{Acknowledgement, Alert, Timestamp};
use watchkeeper_ports::{
    AlertKey, AlertStore, Epoch, Evaluation, Group, Memory, Page, PastAlerts, PortError, PositionStore,
    StoredPosition, TopicId, TopicPartition,
};

pub(crate) struct Alerts {
    database: Arc<Database>,
}

impl Alerts {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

#[async_trait]
impl PositionStore for Alerts {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        self.database
            .call(async |connection| positions::find(connection, group, partition, topic_id).await)
            .await
    }
}

#[async_trait]
impl AlertStore for Alerts {
    async fn store(&self, evaluation: Arc<Evaluation>) -> Result<(), PortError> {
        self.database
            .call(async |connection| {
                let transaction = connection.transaction().await?;
                epoch::check(&transaction, &evaluation.epochs).await?;
                positions::advance(&transaction, &evaluation.advances).await?;
                memory::put(&transaction, &evaluation.memories).await?;
                // First, while the stored alerts still have their acknowledgements.
                past::put(&transaction, evaluation.past.iter().chain(&evaluation.alerts)).await?;
                alert::put(&transaction, &evaluation.alerts).await?;
                Ok(transaction.commit().await?)
            })
            .await
    }

    async fn take_over(&self, partition: &TopicPartition, topic_id: &TopicId) -> Result<Epoch, PortError> {
        self.database.call(async |connection| epoch::take_over(connection, partition, topic_id).await).await
    }

    async fn memories(&self, partition: &TopicPartition, page: &Page) -> Result<Vec<Memory>, PortError> {
        self.database.call(async |connection| memory::page(connection, partition, page).await).await
    }

    async fn memory(&self, series_key: &str) -> Result<Option<Bytes>, PortError> {
        self.database.call(async |connection| memory::last(connection, series_key).await).await
    }

    async fn pending(&self, limit: usize) -> Result<Vec<Memory>, PortError> {
        self.database.call(async |connection| memory::pending(connection, limit).await).await
    }

    async fn alerts(&self, after: Option<&AlertKey>, limit: usize) -> Result<Vec<Alert>, PortError> {
        self.database.call(async |connection| alert::page(connection, after, limit).await).await
    }

    async fn acknowledge(
        &self,
        firing: &[(AlertKey, Timestamp)],
        acknowledgement: Option<&Acknowledgement>,
    ) -> Result<u64, PortError> {
        let call = async |connection: &mut _| alert::acknowledge(connection, firing, acknowledgement).await;
        self.database.call(call).await
    }

    async fn remove(&self, cleared: &[(AlertKey, Timestamp)]) -> Result<(), PortError> {
        self.database.call(async |connection| alert::remove(connection, cleared).await).await
    }

    async fn past(&self, question: &PastAlerts) -> Result<Vec<Alert>, PortError> {
        self.database.call(async |connection| past::page(connection, question).await).await
    }

    async fn prune(&self, before: Timestamp, most: u64) -> Result<u64, PortError> {
        self.database.many_calls(async |connection| past::prune(connection, before, most).await).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}
