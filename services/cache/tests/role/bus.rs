//! The embedded bus, but that it tells what was committed.

use crate::stage::soon;
use async_trait::async_trait;
use tokio::sync::watch;
use watchkeeper_adapter_embedded::EmbeddedBus;
use watchkeeper_ports::{
    Delivery, EventBus, Group, Lag, Offset, Placement, PortError, Position, ReceivedBatch, RecordBatch,
    Subscription, Tail, Topic, TopicId, TopicPartition, Watermarks,
};

/// The embedded bus, but for telling what was committed.
pub(crate) struct StagedBus {
    bus: EmbeddedBus,
    committed: watch::Sender<Option<Offset>>,
}

impl StagedBus {
    pub(crate) fn new(bus: EmbeddedBus) -> Self {
        Self { bus, committed: watch::Sender::default() }
    }

    /// Joins a group without telling what the member commits.
    pub(crate) async fn join(&self, group: &Group) -> Box<dyn Subscription> {
        self.bus.subscribe(&Topic::METRICS, group).await.unwrap()
    }

    /// Waits until a member has committed `next`.
    pub(crate) async fn comes_to(&self, next: Offset) {
        let mut committed = self.committed.subscribe();
        soon(committed.wait_for(|&committed| committed == Some(next))).await.unwrap();
    }
}

#[async_trait]
impl EventBus for StagedBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        self.bus.publish(topic, batch).await
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        let subscription = self.bus.subscribe(topic, group).await?;
        Ok(Box::new(StagedSubscription { subscription, committed: self.committed.clone() }))
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        self.bus.tail(topic).await
    }

    async fn read(&self, at: &TopicPartition, from: Offset, max: usize) -> Result<ReceivedBatch, PortError> {
        self.bus.read(at, from, max).await
    }

    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        self.bus.watermarks(topic).await
    }

    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        self.bus.lag(topic, group).await
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        self.bus.topics().await
    }

    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        self.bus.topic_id(topic).await
    }

    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError> {
        self.bus.placement(topic).await
    }
}

struct StagedSubscription {
    subscription: Box<dyn Subscription>,
    committed: watch::Sender<Option<Offset>>,
}

#[async_trait]
impl Subscription for StagedSubscription {
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError> {
        self.subscription.next(max_records).await
    }

    async fn seek(&mut self, position: Position) -> Result<(), PortError> {
        self.subscription.seek(position).await
    }

    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError> {
        self.subscription.commit(positions).await?;
        self.committed.send_replace(positions.last().map(|position| position.next));
        Ok(())
    }
}
