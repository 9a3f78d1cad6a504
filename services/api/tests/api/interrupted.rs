//! A bus that can be lost and found again while samples are followed.

use crate::platform::{Platform, at, embedded, sample, soon};
use crate::stream::Events;
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Notify;
use watchkeeper_api::{ApiConfig, ApiPorts};
use watchkeeper_domain::Sample;
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch, Subscription, Tail,
    Topic, TopicId, TopicPartition, Watermarks,
};
use watchkeeper_runtime::http::Access;

/// A bus whose tails can be lost, and are to be had when that is allowed.
struct Interrupted {
    bus: Arc<dyn EventBus>,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct Signals {
    /// The test allows one tail.
    allow: Notify,
    /// The tail follows the topic.
    followed: Notify,
    /// The test wants the tail to be lost.
    lose: Notify,
    /// The tail is lost.
    lost: Notify,
}

struct LostTail {
    tail: Box<dyn Tail>,
    signals: Arc<Signals>,
}

#[async_trait]
impl Tail for LostTail {
    async fn next(&mut self, max_records: usize) -> Result<ReceivedBatch, PortError> {
        tokio::select! {
            () = self.signals.lose.notified() => {
                self.signals.lost.notify_one();
                Err(PortError::Unavailable { what: "bus", reason: "connection reset".into() })
            }
            batch = self.tail.next(max_records) => batch,
        }
    }
}

#[async_trait]
impl EventBus for Interrupted {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        self.bus.publish(topic, batch).await
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        self.bus.subscribe(topic, group).await
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        self.signals.allow.notified().await;
        let tail = self.bus.tail(topic).await?;
        self.signals.followed.notify_one();
        Ok(Box::new(LostTail { tail, signals: Arc::clone(&self.signals) }))
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError> {
        self.bus.read(partition, from, max_records).await
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

fn numbered(number: u32) -> Sample {
    sample("host", "load", "a", &at("10:00:00"), number.into())
}

#[tokio::test]
async fn a_stream_outlives_the_loss_of_the_bus_and_learns_how_much_it_missed() {
    let dir = tempfile::tempdir().unwrap();
    let ports = embedded(&dir);
    let signals = Arc::<Signals>::default();
    let bus = Arc::new(Interrupted { bus: ports.bus, signals: Arc::clone(&signals) });
    let platform = Platform::on(ApiPorts { bus, ..ports }, ApiConfig::default(), &Access::open());
    signals.allow.notify_one();
    let mut events = Events::open(&platform, "/v1/stream").await;
    soon(signals.followed.notified()).await;
    platform.publish(&[numbered(0)]).await;
    assert_eq!(events.next().await.unwrap().1["value"], 0.0);

    signals.lose.notify_one();
    soon(signals.lost.notified()).await;
    platform.publish(&[numbered(1), numbered(2)]).await;
    signals.allow.notify_one();
    soon(signals.followed.notified()).await;
    platform.publish(&[numbered(3)]).await;
    assert_eq!(events.next().await, Some(("lagged".to_owned(), json!({ "missed": 2 }))));
    assert_eq!(events.next().await.unwrap().1["value"], 3.0);
}
