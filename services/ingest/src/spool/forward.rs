//! The loop that empties the spool: receive → publish to the bus → commit.

use super::{Spool, backlog, forwarders, parts};
use std::slice;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use watchkeeper_ports::{Delivery, PortError, Position, ReceivedBatch, Subscription, Topic, TopicPartition};
use watchkeeper_runtime::{Heartbeat, RoleContext};

/// How long to wait after a failure. More often than the role looks at the spool, so that a spool that fails
/// at every try stays down in between.
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
    let heartbeat = context.heartbeat("forward");
    let mut forwarder = Forwarder { context, heartbeat, spool, forwarded: None, is_committed: true };
    while forwarder.forward().await.is_err() {
        forwarder.pause().await;
    }
}

struct Forwarder<'a> {
    context: &'a RoleContext,
    heartbeat: Heartbeat,
    spool: &'a Spool,
    /// Up to where records were passed on. A disk that is full is read on, and told later.
    forwarded: Option<Position>,
    is_committed: bool,
}

impl Forwarder<'_> {
    /// Passes records on until the role is asked to stop.
    ///
    /// # Errors
    /// A failure of the disk, which has been noted: what was not passed on stays where it is.
    async fn forward(&mut self) -> Result<(), PortError> {
        // Before joining, which writes: a disk without room, on which nothing waits, keeps nothing from the bus.
        self.switch_if_empty().await?;
        let mut waiting = self.disk(self.spool.disk.subscribe(&Topic::METRICS, &forwarders())).await?;
        loop {
            let delivery = tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => return Ok(()),
                delivery = self.heartbeat.idle(waiting.next(RECORDS_AT_ONCE)) => self.noted(delivery)?,
                // The batch may not have come to the disk.
                () = self.spool.gate.diverted() => {
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
                        self.pause().await;
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
        self.spool.gate.spool();
        let at = |next| Position { partition: batch.partition.clone(), next };
        let Ok(rejected) = parts::publish(&self.spool.bus, batch, &self.heartbeat).await else {
            let first = batch.offsets.first().copied().unwrap_or(batch.next);
            self.disk(waiting.seek(at(first))).await?;
            return Ok(false);
        };
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
        let closed = self.heartbeat.waiting(self.spool.dependency.name(), self.spool.gate.close()).await;
        if self.left().await? == 0 {
            closed.open_directly();
        }
        Ok(())
    }

    /// Passes the last records on while new ones wait, and lets batches go directly if that is done in
    /// [`SWITCHED_WITHIN`] and the bus takes them.
    async fn switch(&mut self, waiting: &mut dyn Subscription) -> Result<(), PortError> {
        let closed = self.heartbeat.waiting(self.spool.dependency.name(), self.spool.gate.close()).await;
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

    /// Waits before the next try.
    async fn pause(&self) {
        let stop = timeout(TRY_AGAIN_EVERY, self.context.shutdown().cancelled());
        let _ = self.heartbeat.idle(stop).await;
    }

    /// How many records are left to pass on.
    async fn left(&self) -> Result<u64, PortError> {
        let forwarded = self.forwarded.as_ref().map_or(0, |position| position.next);
        self.disk(backlog::records(&*self.spool.disk, forwarded)).await
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
