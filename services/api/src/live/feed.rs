//! Consumes the topic while there are listeners.

use super::parts::Parts;
use super::{Batch, MAX_BEHIND_BATCHES, Subscription};
use prometheus::IntCounter;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot};
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_ports::{EventBus, Failure, Offset, PortError, ReceivedBatch, Tail, TopicId, TopicPartition};
use watchkeeper_runtime::{Dependency, Heartbeat, RoleContext, RoleResult, Stopped, pause, retry};
use watchkeeper_wire::{Decode, Decoded};

/// Maximum number of records per batch.
const MAX_BATCH_RECORDS: usize = 1_000;

/// Consumes the topic of one kind of items while there are listeners.
pub(crate) struct Feed<D: Decode> {
    context: RoleContext,
    bus: Arc<dyn EventBus>,
    dependency: Dependency,
    requests: mpsc::Receiver<oneshot::Sender<Subscription<D::Item>>>,
    batches: broadcast::Sender<Batch<D::Item>>,
    decoder: D,
    copies: IntCounter,
    /// The ID of the topic.
    topic_id: TopicId,
    /// Items so far, including records missed while the bus was unavailable.
    came_in: u64,
    /// The next offset of each partition.
    ends: HashMap<TopicPartition, Offset>,
}

impl<D: Decode> Feed<D> {
    pub(super) fn new(
        context: RoleContext,
        bus: Arc<dyn EventBus>,
        dependency: Dependency,
        decoder: D,
        requests: mpsc::Receiver<oneshot::Sender<Subscription<D::Item>>>,
        copies: IntCounter,
    ) -> Self {
        Self {
            context,
            bus,
            dependency,
            requests,
            batches: broadcast::Sender::new(MAX_BEHIND_BATCHES),
            decoder,
            copies,
            topic_id: TopicId::default(),
            came_in: 0,
            ends: HashMap::new(),
        }
    }

    /// Replaces the decoder before the feed runs.
    pub(crate) fn decode_by(&mut self, decoder: D) {
        self.decoder = decoder;
    }

    /// Consumes the topic whenever there are listeners, until shutdown.
    pub(crate) async fn run(mut self) -> RoleResult {
        let heartbeat = self.context.heartbeat(&format!("live_{}", D::ITEMS));
        while let Some(first) = self.first_request(&heartbeat).await {
            match self.follow_for(first, &heartbeat).await {
                Ok(()) | Err(Stopped::Shutdown) => self.ends.clear(),
                Err(Stopped::Failed(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits for the first listener; `None` on shutdown.
    async fn first_request(
        &mut self,
        heartbeat: &Heartbeat,
    ) -> Option<oneshot::Sender<Subscription<D::Item>>> {
        tokio::select! {
            biased;
            () = self.context.shutdown().cancelled() => None,
            first = heartbeat.idle(self.requests.recv()) => first,
        }
    }

    /// Consumes the topic for `first` and all who join later. While the bus is unavailable it is retried; listeners stay,
    /// and are told how many items they missed.
    async fn follow_for(
        &mut self,
        first: oneshot::Sender<Subscription<D::Item>>,
        heartbeat: &Heartbeat,
    ) -> Result<(), Stopped> {
        let mut first = Some(first);
        loop {
            let tail = async || Ok((self.bus.topic_id(&D::TOPIC).await?, self.bus.tail(&D::TOPIC).await?));
            let (topic_id, tail) = retry(&self.context, heartbeat, &self.dependency, tail).await?;
            self.topic_id = topic_id;
            // Only now, when the tail is open: a listener gets everything published after its subscription.
            if let Some(first) = first.take() {
                self.subscribe(first);
            }
            match self.follow(tail, heartbeat).await {
                Ok(()) => return Ok(()),
                Err(error) if error.failure() == Failure::Stop => return Err(error.into()),
                Err(error) => {
                    tracing::debug!(%error, "live {} interrupted", D::ITEMS);
                    self.dependency.down(error);
                    pause(&self.context, heartbeat).await;
                }
            }
        }
    }

    /// Subscribes a listener. It may be gone already.
    fn subscribe(&self, reply: oneshot::Sender<Subscription<D::Item>>) {
        let _ = reply.send(Subscription { batches: self.batches.subscribe(), heard: self.came_in });
    }

    /// Consumes the topic until there are no listeners, or until shutdown.
    async fn follow(&mut self, mut tail: Box<dyn Tail>, heartbeat: &Heartbeat) -> Result<(), PortError> {
        let mut ends_before = self.ends.clone();
        loop {
            tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => return Ok(()),
                Some(reply) = self.requests.recv() => self.subscribe(reply),
                () = self.batches.closed() => return Ok(()),
                batch = heartbeat.idle(tail.next(MAX_BATCH_RECORDS)) => {
                    let batch = batch?;
                    // Records between the end of the previous tail and this one were missed; listeners count them.
                    let went_by = ends_before.remove(&batch.partition).zip(batch.offsets.first());
                    self.came_in += went_by.map_or(0, |(end, first)| first.saturating_sub(end));
                    self.send(batch);
                }
            }
        }
    }

    /// Sends the items of a batch. Copies are skipped, and so are invalid records and those from the future, which the
    /// persister dead-letters.
    fn send(&mut self, batch: ReceivedBatch) {
        let latest = latest_possible(Timestamp::now());
        let mut parts = Parts::default();
        for (record, place) in batch.placed(&self.topic_id) {
            let bytes = record.key.len() + record.value.len();
            match self.decoder.decode_record(record, place) {
                Ok(Decoded::Item(item)) if D::instant(&item) <= latest => parts.push(item, bytes),
                Ok(Decoded::Copy) => self.copies.inc(),
                Ok(Decoded::Item(_) | Decoded::Tombstone) | Err(_) => {}
            }
        }
        for part in parts.finish() {
            let items: Arc<[D::Item]> = part.into();
            let before = self.came_in;
            self.came_in += items.len() as u64;
            // There may be no listeners any more.
            let _ = self.batches.send(Batch { items, before });
        }
        self.ends.insert(batch.partition, batch.next);
    }
}
