//! Publishes events where pipelines route them to, before the others are stored.

use crate::metrics::ProcessorMetrics;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::limits::BATCH_BYTES_TAKEN;
use watchkeeper_ports::{
    Append, Appended, BatchBuilder, EventBus, EventStore, Group, PortError, PositionStore, Processed, Sink,
    StoredPosition, Topic, TopicId, TopicPartition,
};
use watchkeeper_wire::event::push_event;

/// Half of what every bus takes, so that one more record fits.
const MAX_BATCH_BYTES: usize = BATCH_BYTES_TAKEN / 2;

/// The event store, behind the topics to which events are routed. What is routed is published before the position
/// moves: a crash in between publishes it again, with the same ids.
pub(crate) struct Routing {
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) metrics: ProcessorMetrics,
}

impl Routing {
    async fn publish(&self, items: &[Processed]) -> Result<(), PortError> {
        let mut by_topic: BTreeMap<&Topic, Vec<&Processed>> = BTreeMap::new();
        for item in items {
            if let Some(topic) = &item.route {
                by_topic.entry(topic).or_default().push(item);
            }
        }
        for (topic, items) in by_topic {
            self.publish_to(topic, &items).await?;
            let counter =
                if *topic == Topic::EVENTS_DEFERRED { &self.metrics.deferred } else { &self.metrics.routed };
            counter.inc_by(items.len() as u64);
        }
        Ok(())
    }

    async fn publish_to(&self, topic: &Topic, items: &[&Processed]) -> Result<(), PortError> {
        let mut batch = BatchBuilder::default();
        for item in items {
            push_event(&mut batch, &item.event);
            if batch.published_bytes() >= MAX_BATCH_BYTES {
                self.bus.publish(topic, std::mem::take(&mut batch).finish()).await?;
            }
        }
        if !batch.is_empty() {
            self.bus.publish(topic, batch.finish()).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl PositionStore for Routing {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        self.store.position(group, partition, topic_id).await
    }
}

#[async_trait]
impl Sink<Processed> for Routing {
    async fn append(&self, batch: Arc<Append<Processed>>) -> Result<Appended, PortError> {
        self.publish(&batch.items).await?;
        self.store.append(batch).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.store.prune(before).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.store.check().await
    }
}
