//! A bus that does as its stage says.

use crate::stage::{Call, Did, Stage, partition};
use async_trait::async_trait;
use std::sync::Arc;
use watchkeeper_ports::{
    Delivery, EventBus, Group, Lag, Offset, Placement, PortError, Position, ReceivedBatch, RecordBatch,
    Subscription, Tail, Topic, TopicId, TopicPartition, Watermarks,
};

/// The bus of a stage.
pub(crate) struct FakeBus(pub(crate) Arc<Stage>);

#[async_trait]
impl EventBus for FakeBus {
    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        assert_eq!((topic, group), (&Topic::METRICS, &Group::named("keepers")));
        self.0.did(Did::Join);
        self.0.check(Call::Subscribe)?;
        Ok(Box::new(FakeSubscription(Arc::clone(&self.0))))
    }

    /// Seven records behind.
    async fn lag(&self, _: &Topic, _: &Group) -> Result<Vec<Lag>, PortError> {
        self.0.check(Call::Lag)?;
        Ok(vec![Lag { partition: partition(), low: 2, committed: 3, high: 10 }])
    }

    async fn publish(&self, _: &Topic, _: RecordBatch) -> Result<(), PortError> {
        unreachable!("a consumer only consumes")
    }

    async fn tail(&self, _: &Topic) -> Result<Box<dyn Tail>, PortError> {
        unreachable!("a consumer only consumes")
    }

    async fn read(&self, _: &TopicPartition, _: Offset, _: usize) -> Result<ReceivedBatch, PortError> {
        unreachable!("a consumer only consumes")
    }

    async fn watermarks(&self, _: &Topic) -> Result<Vec<Watermarks>, PortError> {
        Ok(vec![Watermarks { partition: partition(), low: 2, high: 10 }])
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        unreachable!("a consumer only consumes")
    }

    async fn topic_id(&self, _: &Topic) -> Result<TopicId, PortError> {
        self.0.check(Call::TopicId)?;
        Ok(self.0.topic_id())
    }

    async fn placement(&self, _: &Topic) -> Result<Placement, PortError> {
        Ok(Placement::new(Topic::METRICS, self.0.partitions(), |_, _| 0))
    }
}

struct FakeSubscription(Arc<Stage>);

#[async_trait]
impl Subscription for FakeSubscription {
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError> {
        self.0.did(Did::Ask(max_records));
        self.0.next_delivery().await
    }

    async fn seek(&mut self, position: Position) -> Result<(), PortError> {
        self.0.did(Did::Seek(position.next));
        self.0.check(Call::Seek)
    }

    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError> {
        self.0.did(Did::Commit(positions.iter().map(|position| position.next).collect()));
        self.0.check(Call::Commit)
    }
}

impl Drop for FakeSubscription {
    fn drop(&mut self) {
        self.0.did(Did::Leave);
    }
}
