//! The embedded bus, but for what a test says. It takes no larger batch than every bus does.

use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use watchkeeper_adapter_embedded::EmbeddedBus;
use watchkeeper_ports::limits::BATCH_BYTES_TAKEN;
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch, Subscription, Tail,
    Topic, TopicId, TopicPartition, Watermarks,
};

/// The embedded bus, but for failures, and for who a member says it is.
pub(crate) struct StagedBus {
    bus: Arc<EmbeddedBus>,
    group: Option<Group>,
    failures: Mutex<Vec<PortError>>,
}

impl StagedBus {
    pub(crate) fn new(bus: EmbeddedBus) -> Self {
        Self { bus: Arc::new(bus), group: None, failures: Mutex::default() }
    }

    /// The same bus, where members join a group of their own: one that has not heard that it was put out
    /// of its group gets the records that the others get.
    pub(crate) fn of_a_zombie(&self) -> Arc<Self> {
        let group = Some(Group::named("zombie"));
        Arc::new(Self { bus: self.bus.clone(), group, failures: Mutex::default() })
    }

    /// The next publication fails.
    pub(crate) fn fails(&self, error: PortError) {
        self.failures.lock().unwrap().push(error);
    }
}

#[async_trait]
impl EventBus for StagedBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        let failure = self.failures.lock().unwrap().pop();
        let bytes = batch.published_bytes();
        match failure {
            Some(error) => Err(error),
            None if bytes > BATCH_BYTES_TAKEN => {
                Err(PortError::Rejected { what: "bus", reason: format!("{bytes} bytes are too many") })
            }
            None => self.bus.publish(topic, batch).await,
        }
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        self.bus.subscribe(topic, self.group.as_ref().unwrap_or(group)).await
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
