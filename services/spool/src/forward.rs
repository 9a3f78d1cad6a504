//! The loops that empty the spool, one for each topic: receive → publish to the bus → commit.

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

/// How long to wait after a failure of the disk. More often than the role looks at the spool, so that a spool that
/// fails at every try stays down in between.
const TRY_AGAIN_EVERY: Duration = Duration::from_secs(1);
/// Records that are passed on at once, at most: few enough for the bus to take them in time.
const RECORDS_AT_ONCE: usize = 2_000;
/// With no more than that many records left to pass on, new ones wait until those are done.
const NEARLY_EMPTY: u64 = 2_000;
/// How long new records are made to wait for the last ones in the spool before those are given up for the
/// time being; what the bus has in hand is waited for.
const SWITCHED_WITHIN: Duration = Duration::from_secs(2);

/// Takes what waits in the spool to the bus until the role is asked to stop. What is left stays for the
/// next start.
pub(crate) async fn keep_forwarding(context: &RoleContext, spool: &Spool) {
    tokio::join!(find_left_behind(context, spool), keep_forwarding_each(context, spool));
}

/// Adds the topics of which something may wait from before.
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

/// Forwards each topic as soon as there is one.
async fn keep_forwarding_each(context: &RoleContext, spool: &Spool) {
    let (mut known, mut topics) = (0, spool.topics.subscribe());
    let mut loops = FuturesUnordered::new();
    while !context.shutdown().is_cancelled() {
        let new = topics.borrow_and_update()[known..].to_vec();
        known += new.len();
        loops.extend(new.into_iter().map(|topic| keep_forwarding_topic(context, spool, topic)));
        // A loop ends when the role is asked to stop.
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
    /// Up to where records were passed on. A disk that is full is read on, and told later.
    forwarded: Option<Position>,
    is_committed: bool,
    /// While the bus is away.
    backoff: Backoff,
}

impl Forwarder<'_> {
    /// Passes records on until the role is asked to stop.
    ///
    /// # Errors
    /// A failure of the disk, which has been noted: what was not passed on stays where it is.
    async fn forward(&mut self) -> Result<(), PortError> {
        // Before joining, which writes: a disk without room, on which nothing waits, keeps nothing from the bus.
        self.switch_if_empty().await?;
        let mut waiting = self.disk(self.spool.disk.subscribe(&self.topic.name, &forwarders())).await?;
        loop {
            let delivery = tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => return Ok(()),
                delivery = self.heartbeat.idle(waiting.next(RECORDS_AT_ONCE)) => self.noted(delivery)?,
                // The batch may not have come to the disk.
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
                        // When it is asked to stop, the loop ends at its beginning.
                        let _ = self.backoff.pause(self.context, &self.heartbeat).await;
                    } else if self.left().await? <= NEARLY_EMPTY {
                        self.switch(&mut *waiting).await?;
                    }
                }
            }
        }
    }

    /// Goes on behind what was passed on, which the disk may not know yet.
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

    /// Publishes a batch to the bus and commits it. If the bus does not take it, it is the next again. Says
    /// whether it did.
    async fn pass_on(
        &mut self,
        waiting: &mut dyn Subscription,
        batch: &ReceivedBatch,
    ) -> Result<bool, PortError> {
        // Also when it was written by a request that is long gone, and whose sender sends it again.
        self.topic.gate.spool();
        let at = |next| Position { partition: batch.partition.clone(), next };
        let passed_on = parts::publish(&self.spool.bus, self.context.role(), batch, &self.heartbeat);
        let Ok(rejected) = passed_on.await else {
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

    /// Commits what was passed on. What the disk does not take note of is passed on again by the next
    /// process, not by this one.
    async fn commit(&mut self, waiting: &mut dyn Subscription) {
        let committed = match &self.forwarded {
            Some(position) => self.disk(waiting.commit(slice::from_ref(position))).await,
            None => Ok(()),
        };
        self.is_committed = committed.is_ok();
    }

    /// Lets batches go directly if nothing waits.
    async fn switch_if_empty(&self) -> Result<(), PortError> {
        if self.left().await? > 0 {
            return Ok(());
        }
        let closed = self.heartbeat.waiting(self.spool.dependency.name(), self.topic.gate.close()).await;
        if self.left().await? == 0 {
            closed.open_directly();
        }
        Ok(())
    }

    /// Passes the last records on while new ones wait, and lets batches go directly if that is done in
    /// [`SWITCHED_WITHIN`] and the bus takes them.
    async fn switch(&mut self, waiting: &mut dyn Subscription) -> Result<(), PortError> {
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

    /// How many records are left to pass on.
    async fn left(&self) -> Result<u64, PortError> {
        let forwarded = self.forwarded.as_ref().map_or(0, |position| position.next);
        self.disk(self.topic.waiting(&*self.spool.disk, forwarded)).await
    }

    /// Waits for the disk.
    async fn disk<T>(&self, answer: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
        self.noted(self.heartbeat.waiting(self.spool.dependency.name(), answer).await)
    }

    /// The role depends on the disk: its failures are noted.
    fn noted<T>(&self, outcome: Result<T, PortError>) -> Result<T, PortError> {
        outcome.map_err(|error| self.spool.watched.failed(error))
    }
}
