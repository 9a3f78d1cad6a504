//! A bus that does as it is told.

use async_trait::async_trait;
use std::future::pending;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch, Subscription, Tail,
    Topic, TopicId, TopicPartition, Watermarks,
};

/// What becomes of each batch.
pub(crate) enum StubBus {
    /// It is refused, as is the question what there is.
    Failing(fn() -> PortError),
    /// It is refused, but the bus answers questions.
    TakingNothing(fn() -> PortError),
    /// It waits for ever, as does the question what there is.
    Silent,
    /// It waits at the gate, then it is taken.
    Waiting(Arc<Gate>),
}

/// Where batches wait.
pub(crate) struct Gate {
    arrived: Notify,
    places: Semaphore,
}

impl Gate {
    pub(crate) fn closed() -> Arc<Self> {
        Arc::new(Self { arrived: Notify::new(), places: Semaphore::new(0) })
    }

    /// Waits until a batch waits.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Lets all batches pass from now on.
    pub(crate) fn open(&self) {
        self.places.close();
    }

    async fn pass(&self) {
        self.arrived.notify_one();
        assert!(self.places.acquire().await.is_err(), "the gate has no places, it is only closed or open");
    }
}

pub(crate) fn unavailable() -> PortError {
    PortError::Unavailable { what: "bus", reason: "connection refused".to_owned() }
}

pub(crate) fn broken() -> PortError {
    PortError::Broken { what: "bus", reason: "the file is damaged".to_owned() }
}

#[async_trait]
impl EventBus for StubBus {
    async fn publish(&self, _topic: &Topic, _batch: RecordBatch) -> Result<(), PortError> {
        match self {
            Self::Failing(error) | Self::TakingNothing(error) => Err(error()),
            Self::Silent => pending().await,
            Self::Waiting(gate) => {
                gate.pass().await;
                Ok(())
            }
        }
    }

    async fn watermarks(&self, _topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        match self {
            Self::Failing(error) => Err(error()),
            Self::Silent => pending().await,
            Self::TakingNothing(_) | Self::Waiting(_) => Ok(Vec::new()),
        }
    }

    async fn subscribe(&self, _: &Topic, _: &Group) -> Result<Box<dyn Subscription>, PortError> {
        unreachable!("ingest only publishes")
    }

    async fn tail(&self, _: &Topic) -> Result<Box<dyn Tail>, PortError> {
        unreachable!("ingest only publishes")
    }

    async fn read(&self, _: &TopicPartition, _: Offset, _: usize) -> Result<ReceivedBatch, PortError> {
        unreachable!("ingest only publishes")
    }

    async fn lag(&self, _: &Topic, _: &Group) -> Result<Vec<Lag>, PortError> {
        unreachable!("ingest only publishes")
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        unreachable!("ingest only publishes")
    }

    async fn topic_id(&self, _: &Topic) -> Result<TopicId, PortError> {
        Ok(TopicId::new("metrics"))
    }

    async fn placement(&self, _: &Topic) -> Result<Placement, PortError> {
        unreachable!("ingest only publishes")
    }
}
