//! A spool on a disk that may have no room for another byte: it can be read and not written.

use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use watchkeeper_ports::{
    Delivery, EventBus, Group, Lag, Offset, Placement, PortError, Position, ReceivedBatch, RecordBatch,
    Subscription, Tail, Topic, TopicId, TopicPartition, Watermarks,
};

pub(crate) struct FullDisk {
    spool: Arc<dyn EventBus>,
    has_room: Arc<AtomicBool>,
    is_joined: watch::Sender<bool>,
}

struct Member {
    inner: Box<dyn Subscription>,
    has_room: Arc<AtomicBool>,
}

impl FullDisk {
    pub(crate) fn new(spool: Arc<dyn EventBus>) -> Arc<Self> {
        Arc::new(Self { spool, has_room: Arc::default(), is_joined: watch::Sender::default() })
    }

    pub(crate) fn has_room(&self, has_room: bool) {
        self.has_room.store(has_room, Ordering::SeqCst);
    }

    /// Waits until somebody has joined a group, which writes.
    pub(crate) async fn is_joined(&self) {
        self.is_joined.subscribe().wait_for(|is_joined| *is_joined).await.unwrap();
    }
}

fn write(has_room: &AtomicBool) -> Result<(), PortError> {
    if has_room.load(Ordering::SeqCst) {
        return Ok(());
    }
    Err(PortError::Unavailable { what: "bus", reason: "database or disk is full".into() })
}

#[async_trait]
impl EventBus for FullDisk {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        write(&self.has_room)?;
        self.spool.publish(topic, batch).await
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        write(&self.has_room)?;
        let inner = self.spool.subscribe(topic, group).await?;
        self.is_joined.send_replace(true);
        Ok(Box::new(Member { inner, has_room: self.has_room.clone() }))
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        self.spool.tail(topic).await
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError> {
        self.spool.read(partition, from, max_records).await
    }

    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        self.spool.watermarks(topic).await
    }

    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        self.spool.lag(topic, group).await
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        self.spool.topics().await
    }

    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        self.spool.topic_id(topic).await
    }

    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError> {
        self.spool.placement(topic).await
    }
}

#[async_trait]
impl Subscription for Member {
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError> {
        self.inner.next(max_records).await
    }

    async fn seek(&mut self, position: Position) -> Result<(), PortError> {
        self.inner.seek(position).await
    }

    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError> {
        write(&self.has_room)?;
        self.inner.commit(positions).await
    }
}
