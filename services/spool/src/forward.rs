//! The loops that forward the spool, one per topic: receive → publish to the bus → commit.

use crate::parts;
use crate::spool::Spool;
use crate::topic_spool::{TopicSpool, forwarders};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::slice;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use watchkeeper_ports::{Delivery, PortError, Position, ReceivedBatch, Subscription, TopicPartition};
use watchkeeper_runtime::{Backoff, Heartbeat, RoleContext};

/// How long to wait after a disk failure. More often than the role checks the spool, so that a spool that fails at
/// every attempt stays down in between.
const TRY_AGAIN_EVERY: Duration = Duration::from_secs(1);
/// Most records per batch: few enough for the bus to accept them in time.
const RECORDS_AT_ONCE: usize = 2_000;
/// With no more than this many records left, new ones are held back until those are forwarded.
const NEARLY_EMPTY: u64 = 2_000;
/// How long new records are held back for the last ones in the spool before the switch is abandoned for now; an
/// outstanding publish is waited for.
const SWITCHED_WITHIN: Duration = Duration::from_secs(2);

/// Forwards the spool to the bus until the role stops. The rest stays for the next start.
pub(crate) async fn keep_forwarding(context: &RoleContext, spool: &Spool) {
    tokio::join!(find_left_behind(context, spool), keep_forwarding_each(context, spool));
}

/// Adds the topics that may have records from an earlier run.
async fn find_left_behind(context: &RoleContext, spool: &Spool) {
    let heartbeat = context.heartbeat("spooled topics");
    while !context.shutdown().is_cancelled() {
        match heartbeat.waiting(spool.dependency.name(), spool.disk.topics()).await {
            Ok(topics) => return topics.iter().for_each(|topic| drop(spool.topic(topic))),
            Err(error) => drop(spool.watched.failed(error)),
        }
        pause(context, &heartbeat).await;
    }
}

/// Forwards each topic as soon as it exists.
async fn keep_forwarding_each(context: &RoleContext, spool: &Spool) {
    let (mut known, mut topics) = (0, spool.topics.subscribe());
    let mut loops = FuturesUnordered::new();
    while !context.shutdown().is_cancelled() {
        let new = topics.borrow_and_update()[known..].to_vec();
        known += new.len();
        loops.extend(new.into_iter().map(|topic| keep_forwarding_topic(context, spool, topic)));
        // A loop ends when the role stops.
        tokio::select! {
            _ = loops.next() => {}
            _ = topics.changed() => {}
        }
    }
    while loops.next().await.is_some() {}
}

async fn keep_forwarding_topic(context: &RoleContext, spool: &Spool, topic: Arc<TopicSpool>) {
    let heartbeat = context.heartbeat(&format!("forward {}", topic.name));
    let backoff = Backoff::default();
    let mut forwarder =
        Forwarder { context, heartbeat, spool, topic: &topic, forwarded: None, is_committed: true, backoff };
    while forwarder.forward().await.is_err() {
        pause(context, &forwarder.heartbeat).await;
    }
}

/// Waits before the disk is tried again.
async fn pause(context: &RoleContext, heartbeat: &Heartbeat) {
    let stop = timeout(TRY_AGAIN_EVERY, context.shutdown().cancelled());
    let _ = heartbeat.idle(stop).await;
}

struct Forwarder<'a> {
    context: &'a RoleContext,
    heartbeat: Heartbeat,
    spool: &'a Spool,
    topic: &'a TopicSpool,
    /// The position up to which records were forwarded. Reading continues from a full disk; its position is committed
    /// later.
    forwarded: Option<Position>,
    is_committed: bool,
    /// While the bus is unavailable.
    backoff: Backoff,
}

impl Forwarder<'_> {
    /// Forwards records until the role stops.
    ///
    /// # Errors
    /// A disk failure, which is already reported: what was not forwarded stays in the spool.
    async fn forward(&mut self) -> Result<(), PortError> {
        // Before joining, which writes: a full disk with an empty spool must not keep batches from the bus.
        self.switch_if_empty().await?;
        let mut waiting = self.disk(self.spool.disk.subscribe(&self.topic.name, &forwarders())).await?;
        loop {
            let delivery = tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => return Ok(()),
                delivery = self.heartbeat.idle(waiting.next(RECORDS_AT_ONCE)) => self.noted(delivery)?,
                // The batch may not have reached the disk.
                () = self.topic.gate.diverted() => {
                    self.switch_if_empty().await?;
                    continue;
                }
                () = sleep(TRY_AGAIN_EVERY), if !self.is_committed => {
                    self.commit(&mut *waiting).await;
                    continue;
                }
            };
            match delivery {
                Delivery::Assigned(partitions) => self.resume(&mut *waiting, &partitions).await?,
                Delivery::Revoked(_) => {}
                Delivery::Records(batch) => {
                    if !self.pass_on(&mut *waiting, &batch).await? {
                        // When the role stops, the loop ends at its beginning.
                        let _ = self.backoff.pause(self.context, &self.heartbeat).await;
                    } else if self.left().await? <= NEARLY_EMPTY {
                        self.switch(&mut *waiting).await?;
                    }
                }
            }
        }
    }

    /// Resumes after the forwarded records, which the disk may not know yet.
    async fn resume(
        &self,
        waiting: &mut dyn Subscription,
        partitions: &[TopicPartition],
    ) -> Result<(), PortError> {
        match &self.forwarded {
            Some(position) if partitions.contains(&position.partition) => {
                self.disk(waiting.seek(position.clone())).await
            }
            _ => Ok(()),
        }
    }

    /// Publishes a batch to the bus and commits it. A batch that the bus refuses is retried. Returns whether it was
    /// published.
    async fn pass_on(
        &mut self,
        waiting: &mut dyn Subscription,
        batch: &ReceivedBatch,
    ) -> Result<bool, PortError> {
        // Also for a record written by a request that has ended since, and whose sender retries.
        self.topic.gate.spool();
        let at = |next| Position { partition: batch.partition.clone(), next };
        let passed_on = parts::publish(&self.spool.bus, self.context.role(), batch, &self.heartbeat);
        let Ok(rejected) = passed_on.await else {
            // The spool delivers the batch again, from its first record.
            let first = batch.offsets.first().copied().unwrap_or(batch.next);
            self.disk(waiting.seek(at(first))).await?;
            return Ok(false);
        };
        self.backoff = Backoff::default();
        let metrics = &self.spool.metrics;
        metrics.rejected.inc_by(rejected);
        metrics.forwarded.inc_by(batch.records.len() as u64 - rejected);
        self.forwarded = Some(at(batch.next));
        self.commit(waiting).await;
        Ok(true)
    }

    /// Commits the forwarded position. If the disk cannot record it, the next process forwards those records again;
    /// this one does not.
    async fn commit(&mut self, waiting: &mut dyn Subscription) {
        let committed = match &self.forwarded {
            Some(position) => self.disk(waiting.commit(slice::from_ref(position))).await,
            None => Ok(()),
        };
        self.is_committed = committed.is_ok();
    }

    /// Switches to direct publishing if nothing is spooled.
    async fn switch_if_empty(&self) -> Result<(), PortError> {
        if self.left().await? > 0 {
            return Ok(());
        }
        // Counted again with the gate closed: a batch may have been written since.
        let closed = self.heartbeat.waiting(self.spool.dependency.name(), self.topic.gate.close()).await;
        if self.left().await? == 0 {
            closed.open_directly();
        }
        Ok(())
    }

    /// Forwards the last records while new ones are held back, and switches to direct publishing if that completes
    /// within [`SWITCHED_WITHIN`] and the bus accepts them.
    async fn switch(&mut self, waiting: &mut dyn Subscription) -> Result<(), PortError> {
        // From here on no batch is written to the disk. Every return without `open_directly` drops `closed`, and
        // writers continue to the disk.
        let closed = self.heartbeat.waiting(self.spool.dependency.name(), self.topic.gate.close()).await;
        let deadline = Instant::now() + SWITCHED_WITHIN;
        while self.left().await? > 0 {
            if Instant::now() >= deadline {
                return Ok(());
            }
            let next = timeout_at(deadline, waiting.next(RECORDS_AT_ONCE));
            let Ok(delivery) = self.heartbeat.idle(next).await else { return Ok(()) };
            if let Delivery::Records(batch) = self.noted(delivery)?
                && !self.pass_on(waiting, &batch).await?
            {
                return Ok(());
            }
        }
        closed.open_directly();
        Ok(())
    }

    /// How many records are left to forward.
    async fn left(&self) -> Result<u64, PortError> {
        let forwarded = self.forwarded.as_ref().map_or(0, |position| position.next);
        self.disk(self.topic.waiting(&*self.spool.disk, forwarded)).await
    }

    /// Waits for the disk.
    async fn disk<T>(&self, answer: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
        self.noted(self.heartbeat.waiting(self.spool.dependency.name(), answer).await)
    }

    /// The role depends on the disk: its failures are reported.
    fn noted<T>(&self, outcome: Result<T, PortError>) -> Result<T, PortError> {
        outcome.map_err(|error| self.spool.watched.failed(error))
    }
}
