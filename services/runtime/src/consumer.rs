//! The loop that all consumers share: receive → decode and handle → store → commit.

mod correction;
mod isolate;
mod progress;
mod replaced;
mod sharing;

pub use isolate::{Isolated, isolate, publish_accepted};
pub use progress::lag_in_status;
pub use replaced::resume;

use crate::context::{RoleContext, RoleResult};
use crate::heartbeat::Heartbeat;
use crate::retry::{Attempts, Stopped, pause, retry};
use crate::roster::Dependency;
use correction::not_committed;
use progress::Progress;
use replaced::until_replaced;
use sharing::Sharing;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use watchkeeper_ports::{
    Delivery, EventBus, Failure, Group, Offset, PortError, Position, PositionStore, ReceivedBatch,
    Subscription, Topic, TopicId, TopicPartition,
};

/// The name of the bus for operators.
const BUS: &str = "bus";

/// What a role does with the records of a topic.
pub trait Consumer: Send {
    /// The name of the store for operators: `store`, `cache`.
    const STORE: &'static str;

    /// Health check: returns `Ok` if the store is usable.
    fn check(&self) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The positions from which to consume newly assigned partitions of the topic with this ID; partitions not listed
    /// start at the committed offset. Positions of other partitions are committed. Repeated after an error. The whole
    /// call counts as waiting for [`Self::STORE`]; one with many steps calls `beat` in between, and declares other waits
    /// itself. Dropped when the role stops.
    fn begin(
        &mut self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
        heartbeat: &Heartbeat,
    ) -> impl Future<Output = Result<Vec<Position>, PortError>> + Send;

    /// Decodes a received batch and adds the outcome to the pending batch.
    fn push(&mut self, batch: ReceivedBatch);

    /// How long the pending batch may wait for more records before it is stored.
    fn linger(&self) -> Duration;

    /// How many more records fit in the pending batch before it must be stored. Not 0 when it is empty.
    fn capacity(&self) -> usize;

    /// Stores the pending batch and returns the positions to commit (partitions not listed keep theirs). After an
    /// error everything is still pending, and the call is repeated. The whole call counts as waiting for
    /// [`Self::STORE`]; one with many steps calls `beat` in between, and declares other waits itself.
    fn store(
        &mut self,
        heartbeat: &Heartbeat,
    ) -> impl Future<Output = Result<Vec<Position>, PortError>> + Send;

    /// Called instead of [`Self::store`] when there is no more room, so that a consumer can store while more is received:
    /// it begins to store the pending batch, once what it has begun to store before is stored, and returns the positions of
    /// that. An error is one of [`Self::store`].
    fn store_ahead(
        &mut self,
        heartbeat: &Heartbeat,
    ) -> impl Future<Output = Result<Vec<Position>, PortError>> + Send {
        self.store(heartbeat)
    }

    /// Whether something that [`Self::store_ahead`] has begun to store is pending.
    fn is_storing(&self) -> bool {
        false
    }

    /// Drops the pending batch: it will be delivered again, perhaps to another member.
    fn reset(&mut self);

    /// These partitions were revoked; what was pending of them is stored already.
    fn release(&mut self, _: &[TopicPartition]) {}

    /// When to call [`Self::on_deadline`] next, even if no records arrive: for consumers that act on elapsed time.
    /// `None` for never.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Handles elapsed time and advances [`Self::next_deadline`]. Returns whether the result must be stored now,
    /// together with the pending batch. Declares its waits on the heartbeat.
    fn on_deadline(&mut self, _: &Heartbeat) -> impl Future<Output = bool> + Send {
        ready(false)
    }
}

/// What a consumer consumes.
pub struct Source {
    /// The bus.
    pub bus: Arc<dyn EventBus>,
    /// The topic.
    pub topic: Topic,
    /// The group that the consumer joins.
    pub group: Group,
    /// The store that keeps the group's positions, if it is shared by the whole group.
    pub positions: Option<Arc<dyn PositionStore>>,
    /// When to consume; always, if `None`.
    pub gate: Option<Gate>,
}

/// Whether a topic is consumed now. While it is closed the consumer is no member of its group, and its positions stay.
pub type Gate = watch::Receiver<bool>;

/// A consumer's progress in one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    /// The position in its store.
    pub stored: Offset,
    /// The offset after the last record received.
    pub taken: Offset,
}

impl Offsets {
    /// Everything before `next` is stored, and nothing is pending.
    pub const fn at(next: Offset) -> Self {
        Self { stored: next, taken: next }
    }

    /// Whether received records are not stored yet.
    pub const fn has_moved(self) -> bool {
        self.taken != self.stored
    }
}

/// Consumes until the role stops; the pending batch is then stored and committed.
///
/// While a dependency is unavailable its state says so and nothing is lost: the bus is subscribed to again, and
/// storing the pending batch is retried. A consumer that is fenced (a zombie) drops its pending batch and resumes
/// from the store.
///
/// # Errors
/// Failures that neither waiting nor rejoining helps: [`Failure::Stop`], or a rejection that the consumer did not
/// handle itself.
pub async fn consume<C: Consumer>(context: RoleContext, source: Source, consumer: C) -> RoleResult {
    let progress = Progress::new(&context, &source)?;
    let sharing = Sharing::new(&context, &source)?;
    let member = Member {
        heartbeat: context.heartbeat("receive"),
        bus: context.dependency(BUS),
        store: context.dependency(C::STORE),
        progress: &progress,
        context: &context,
        source: &source,
    };
    tokio::try_join!(
        progress.keep_reporting(),
        sharing.keep_looking(),
        member.take_part_until_stopped(consumer)
    )?;
    Ok(())
}

/// How much of the pending batch is stored.
#[derive(Clone, Copy)]
enum Storing {
    All,
    /// As [`Consumer::store_ahead`] does.
    Ahead,
}

struct Member<'a> {
    heartbeat: Heartbeat,
    bus: Dependency,
    store: Dependency,
    progress: &'a Progress,
    context: &'a RoleContext,
    source: &'a Source,
}

impl Member<'_> {
    /// One membership after the other.
    async fn take_part_until_stopped<C: Consumer>(&self, mut consumer: C) -> RoleResult {
        while self.gate_opens().await {
            match self.take_part(&mut consumer).await {
                // At a stop, or when the gate closes; then nothing is pending.
                Ok(()) => {}
                Err(Stopped::Shutdown) => break,
                // Neither rejoining nor waiting helps when the pending batch is rejected.
                Err(Stopped::Failed(error)) if error.failure() != Failure::Retry => return Err(error.into()),
                Err(Stopped::Failed(error)) => {
                    consumer.reset();
                    if error.is_of_a_zombie() {
                        tracing::warn!(%error, "rejoining the group");
                    } else {
                        self.bus.down(error);
                    }
                    pause(self.context, &self.heartbeat).await;
                }
            }
        }
        Ok(())
    }

    /// Waits until the gate is open; returns false once the role stops.
    async fn gate_opens(&self) -> bool {
        let gate = until_gate(self.source.gate.clone(), true);
        tokio::select! {
            biased;
            () = self.context.shutdown().cancelled() => false,
            () = self.heartbeat.idle(gate) => true,
        }
    }

    /// One membership of the group, from joining to leaving.
    async fn take_part<C: Consumer>(&self, consumer: &mut C) -> Result<(), Stopped> {
        let Source { bus, topic, group, .. } = self.source;
        retry(self.context, &self.heartbeat, &self.store, || consumer.check()).await?;
        // Before joining the group: a topic that is recreated in between is then noticed.
        let topic_id = retry(self.context, &self.heartbeat, &self.bus, || bus.topic_id(topic)).await?;
        let subscribe = || bus.subscribe(topic, group);
        let mut subscription = retry(self.context, &self.heartbeat, &self.bus, subscribe).await?;
        let mut replaced = pin!(until_replaced(&**bus, topic, &topic_id));
        let mut closed = pin!(until_gate(self.source.gate.clone(), false));
        let mut store_by = None;
        loop {
            let mut is_closed = false;
            // In this order: a stop or an overdue store must not wait behind a bus that always has records.
            let delivery = tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => None,
                () = &mut closed => {
                    is_closed = true;
                    None
                }
                () = until(store_by) => None,
                error = &mut replaced => return Err(error.into()),
                () = until(consumer.next_deadline()) => {
                    if consumer.on_deadline(&self.heartbeat).await {
                        store_by = None;
                        self.store_and_commit(consumer, &mut subscription, Storing::All).await?;
                    }
                    continue;
                }
                delivery = self.heartbeat.idle(subscription.next(consumer.capacity())) => Some(delivery?),
            };
            let mut revoked = Vec::new();
            let must_store = match delivery {
                None => true,
                Some(Delivery::Revoked(partitions)) => {
                    revoked = partitions;
                    true
                }
                Some(Delivery::Assigned(partitions)) => {
                    self.begin(consumer, &mut subscription, &partitions, &topic_id).await?;
                    false
                }
                Some(Delivery::Records(batch)) => {
                    self.progress.received(&batch);
                    consumer.push(batch);
                    if consumer.capacity() == 0 {
                        self.store_and_commit(consumer, &mut subscription, Storing::Ahead).await?;
                        store_by = consumer.is_storing().then(|| Instant::now() + consumer.linger());
                    } else {
                        store_by.get_or_insert_with(|| Instant::now() + consumer.linger());
                    }
                    false
                }
            };
            // `store_by` is set while something is pending. On a revocation this still stores and commits: the
            // next owner of the partition resumes from there.
            if must_store && store_by.take().is_some() {
                self.store_and_commit(consumer, &mut subscription, Storing::All).await?;
            }
            if !revoked.is_empty() {
                consumer.release(&revoked);
            }
            if is_closed || self.context.shutdown().is_cancelled() {
                return Ok(());
            }
        }
    }

    async fn begin<C: Consumer>(
        &self,
        consumer: &mut C,
        subscription: &mut Box<dyn Subscription>,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
    ) -> Result<(), Stopped> {
        let mut attempts = Attempts::new(self.context, &self.heartbeat, &self.store);
        let positions = loop {
            let beginning = consumer.begin(partitions, topic_id, &self.heartbeat);
            let begun = tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => return Err(Stopped::Shutdown),
                begun = self.heartbeat.waiting(C::STORE, beginning) => begun,
            };
            match begun {
                Ok(positions) => break attempts.succeeded(positions),
                Err(error) => attempts.failed(error).await?,
            }
        };
        for partition in partitions {
            let begin_at = positions.iter().find(|position| position.partition == *partition);
            let offset = begin_at.map(|position| position.next);
            let TopicPartition { topic, partition: number } = partition;
            tracing::debug!(%topic, partition = number, offset, "partition assigned");
            if let Some(position) = begin_at {
                self.heartbeat.waiting(BUS, subscription.seek(position.clone())).await?;
            }
        }
        self.correct(subscription, positions).await
    }

    /// Commits the offsets at which the group begins where they differ from what is committed: a tool may have reset
    /// the group's offsets, and in a partition without new records nobody else would ever commit. Only the reported
    /// lag depends on it, so a bus that does not answer or refuses is no reason to leave the group. If the membership
    /// itself is lost, the next delivery says so.
    async fn correct(
        &self,
        subscription: &mut Box<dyn Subscription>,
        begun: Vec<Position>,
    ) -> Result<(), Stopped> {
        if begun.is_empty() {
            return Ok(());
        }
        let Source { bus, topic, group, .. } = self.source;
        let correcting = async {
            let positions = not_committed(begun, &bus.lag(topic, group).await?);
            if !positions.is_empty() {
                subscription.commit(&positions).await?;
                self.progress.committed();
                tracing::info!(%topic, %group, partitions = positions.len(), "corrected the group's offsets on the bus to those of the store");
            }
            Ok::<_, PortError>(())
        };
        let corrected = tokio::select! {
            biased;
            () = self.context.shutdown().cancelled() => return Err(Stopped::Shutdown),
            corrected = self.heartbeat.waiting(BUS, correcting) => corrected,
        };
        if let Err(error) = corrected {
            tracing::warn!(%topic, %group, %error, "cannot correct the group's offsets: the reported lag may be wrong until the next commit");
        }
        Ok(())
    }

    async fn store_and_commit<C: Consumer>(
        &self,
        consumer: &mut C,
        subscription: &mut Box<dyn Subscription>,
        storing: Storing,
    ) -> Result<(), Stopped> {
        let mut attempts = Attempts::new(self.context, &self.heartbeat, &self.store);
        let positions = loop {
            let storing = async {
                match storing {
                    Storing::All => consumer.store(&self.heartbeat).await,
                    Storing::Ahead => consumer.store_ahead(&self.heartbeat).await,
                }
            };
            match self.heartbeat.waiting(C::STORE, storing).await {
                Ok(positions) => break attempts.succeeded(positions),
                Err(error) => attempts.failed(error).await?,
            }
        };
        if !positions.is_empty() {
            self.heartbeat.waiting(BUS, subscription.commit(&positions)).await?;
            self.progress.committed();
        }
        Ok(())
    }
}

/// Waits until the gate is as given. Without a gate it is always open; one whose owner is gone stays as it is.
async fn until_gate(gate: Option<Gate>, is_open: bool) {
    match gate {
        Some(mut gate) => {
            if gate.wait_for(|state| *state == is_open).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        None if is_open => {}
        None => std::future::pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
