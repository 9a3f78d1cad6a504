//! Ports in memory, for tests with a paused clock, which a disk would stop.

use crate::staged::Staged;
use async_trait::async_trait;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{
    EventBus, Group, Lag, Mail, Mailer, Offset, Placement, PortError, ReceivedBatch, RecordBatch,
    ScheduleStore, Subscription, Tail, Topic, TopicId, TopicPartition, Watermarks,
};

/// Accepts everything, and stores nothing.
struct TakesAll;

/// A mailer that accepts everything, and notes the mails.
pub fn mailbox() -> Arc<Staged<dyn Mailer>> {
    Staged::new(Arc::new(TakesAll))
}

/// A bus that only accepts publishing, and notes the batches.
pub fn outlet() -> Arc<Staged<dyn EventBus>> {
    Staged::new(Arc::new(TakesAll))
}

/// Marks of one owner, in memory.
pub fn marks() -> Arc<Staged<dyn ScheduleStore>> {
    Staged::new(Arc::new(Marks::default()))
}

#[async_trait]
impl Mailer for TakesAll {
    async fn send(&self, _: &Mail) -> Result<(), PortError> {
        Ok(())
    }

    async fn check(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl EventBus for TakesAll {
    async fn publish(&self, _: &Topic, _: RecordBatch) -> Result<(), PortError> {
        Ok(())
    }

    async fn watermarks(&self, _: &Topic) -> Result<Vec<Watermarks>, PortError> {
        Ok(Vec::new())
    }

    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        Ok(TopicId::new(topic.name()))
    }

    async fn placement(&self, _: &Topic) -> Result<Placement, PortError> {
        unreachable!("it is only published to")
    }

    async fn subscribe(&self, _: &Topic, _: &Group) -> Result<Box<dyn Subscription>, PortError> {
        unreachable!("it is only published to")
    }

    async fn tail(&self, _: &Topic) -> Result<Box<dyn Tail>, PortError> {
        unreachable!("it is only published to")
    }

    async fn read(&self, _: &TopicPartition, _: Offset, _: usize) -> Result<ReceivedBatch, PortError> {
        unreachable!("it is only published to")
    }

    async fn lag(&self, _: &Topic, _: &Group) -> Result<Vec<Lag>, PortError> {
        unreachable!("it is only published to")
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        unreachable!("it is only published to")
    }
}

#[derive(Default)]
struct Marks(Mutex<HashMap<String, Timestamp>>);

#[async_trait]
impl ScheduleStore for Marks {
    async fn marks(&self, _: &str) -> Result<HashMap<String, Timestamp>, PortError> {
        Ok(self.0.lock().clone())
    }

    async fn mark(&self, _: &str, marks: &[(String, Timestamp)]) -> Result<(), PortError> {
        self.0.lock().extend(marks.iter().cloned());
        Ok(())
    }
}
