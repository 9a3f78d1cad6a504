//! The one who follows the topic, while somebody listens.

use super::{Batch, MAX_BEHIND_BATCHES, Seat};
use prometheus::IntCounter;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot};
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_ports::{EventBus, Failure, Offset, PortError, ReceivedBatch, Tail, TopicPartition};
use watchkeeper_runtime::{Dependency, Heartbeat, RoleContext, RoleResult, Stopped, pause, retry};
use watchkeeper_wire::{Decode, Decoded};

/// Most records that come in together.
const MAX_BATCH_RECORDS: usize = 1_000;

/// Follows the topic of one kind of items while somebody listens.
pub(crate) struct Feed<D: Decode> {
    context: RoleContext,
    bus: Arc<dyn EventBus>,
    dependency: Dependency,
    requests: mpsc::Receiver<oneshot::Sender<Seat<D::Item>>>,
    batches: broadcast::Sender<Batch<D::Item>>,
    decoder: D,
    copies: IntCounter,
    /// Items that came in so far, and records that went by while the bus was away.
    came_in: u64,
    /// Where each partition goes on.
    ends: HashMap<TopicPartition, Offset>,
}

impl<D: Decode> Feed<D> {
    pub(super) fn new(
        context: RoleContext,
        bus: Arc<dyn EventBus>,
        dependency: Dependency,
        decoder: D,
        requests: mpsc::Receiver<oneshot::Sender<Seat<D::Item>>>,
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
            came_in: 0,
            ends: HashMap::new(),
        }
    }

    /// Follows the topic whenever somebody listens, until the role is asked to stop.
    pub(crate) async fn run(mut self) -> RoleResult {
        let heartbeat = self.context.heartbeat("live");
        while let Some(first) = self.first_request(&heartbeat).await {
            match self.follow_for(first, &heartbeat).await {
                Ok(()) | Err(Stopped::Shutdown) => self.ends.clear(),
                Err(Stopped::Failed(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The first who wants to listen; `None` when the role is asked to stop.
    async fn first_request(&mut self, heartbeat: &Heartbeat) -> Option<oneshot::Sender<Seat<D::Item>>> {
        tokio::select! {
            biased;
            () = self.context.shutdown().cancelled() => None,
            first = heartbeat.idle(self.requests.recv()) => first,
        }
    }

    /// Follows the topic for `first` and all who come while somebody listens. A bus that is lost is tried
    /// again; listeners stay, and learn how much they missed.
    async fn follow_for(
        &mut self,
        first: oneshot::Sender<Seat<D::Item>>,
        heartbeat: &Heartbeat,
    ) -> Result<(), Stopped> {
        let mut first = Some(first);
        loop {
            let tail = async || self.bus.tail(&D::TOPIC).await;
            let tail = retry(&self.context, heartbeat, &self.dependency, tail).await?;
            if let Some(first) = first.take() {
                self.seat(first);
            }
            match self.follow(tail, heartbeat).await {
                Ok(()) => return Ok(()),
                Err(error) if error.failure() == Failure::Stop => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(%error, "live {} are interrupted", D::ITEMS);
                    self.dependency.down(error);
                    pause(&self.context, heartbeat).await;
                }
            }
        }
    }

    /// Lets somebody listen. One who has gone meanwhile is not missed.
    fn seat(&self, reply: oneshot::Sender<Seat<D::Item>>) {
        let _ = reply.send(Seat { batches: self.batches.subscribe(), heard: self.came_in });
    }

    /// Follows the topic until nobody listens or the role is asked to stop.
    async fn follow(&mut self, mut tail: Box<dyn Tail>, heartbeat: &Heartbeat) -> Result<(), PortError> {
        let mut ends_before = self.ends.clone();
        loop {
            tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => return Ok(()),
                Some(reply) = self.requests.recv() => self.seat(reply),
                () = self.batches.closed() => return Ok(()),
                batch = heartbeat.idle(tail.next(MAX_BATCH_RECORDS)) => {
                    let batch = batch?;
                    let went_by = ends_before.remove(&batch.partition).zip(batch.offsets.first());
                    self.came_in += went_by.map_or(0, |(end, first)| first.saturating_sub(end));
                    self.send(batch);
                }
            }
        }
    }

    /// Copies are left out, and records that are no item, or cannot have been made yet: these
    /// the persister sends to the dead-letter topic.
    fn send(&mut self, batch: ReceivedBatch) {
        let latest = latest_possible(Timestamp::now());
        let mut items = Vec::with_capacity(batch.records.len());
        for record in batch.records.iter() {
            match self.decoder.decode_record(record) {
                Ok(Decoded::Item(item)) if D::instant(&item) <= latest => items.push(item),
                Ok(Decoded::Copy) => self.copies.inc(),
                Ok(Decoded::Item(_)) | Err(_) => {}
            }
        }
        let items: Arc<[D::Item]> = items.into();
        let before = self.came_in;
        self.came_in += items.len() as u64;
        self.ends.insert(batch.partition, batch.next);
        // Nobody may be there any more.
        let _ = self.batches.send(Batch { items, before });
    }
}
