//! The loop that every role on the bus shares: receive → decode and handle → store → commit.

mod correction;
mod isolate;
mod progress;
mod replaced;
mod sharing;

pub use isolate::{Isolated, isolate};
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
use tokio::time::{Instant, sleep_until};
use watchkeeper_ports::{
    Delivery, EventBus, Failure, Group, Offset, PortError, Position, PositionStore, ReceivedBatch,
    Subscription, Topic, TopicId, TopicPartition,
};

/// What an operator calls the place that records come from.
const BUS: &str = "bus";

/// What a role does with the records of a topic.
pub trait Consumer: Send {
    /// What an operator calls the place where records are stored: `store`, `cache`.
    const STORE: &'static str;

    /// Answers if that place can be used.
    fn check(&self) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Where to begin in partitions of the topic with this ID that have just been assigned; in one that is left
    /// out, where the group committed. After an error the same call is made again. All of it counts as a wait for
    /// [`Self::STORE`]; one that takes many steps beats in between, and says where it waits for something else. When
    /// the role is asked to stop it is dropped.
    fn begin(
        &mut self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
        heartbeat: &Heartbeat,
    ) -> impl Future<Output = Result<Vec<Position>, PortError>> + Send;

    /// Decodes a batch that was received, and adds the outcome to the pending batch.
    fn push(&mut self, batch: ReceivedBatch);

    /// How long the pending batch may wait for more before it is stored.
    fn linger(&self) -> Duration;

    /// How many more records the pending batch may take before it must be stored. Not 0 when it is empty.
    fn capacity(&self) -> usize;

    /// Stores the pending batch, and says up to where the group may commit (in partitions that are left out it
    /// stays where it is). After an error everything is still pending, and the same call is made again. All
    /// of it counts as a wait for [`Self::STORE`]; one that takes many steps beats in between, and says where
    /// it waits for something else.
    fn store(
        &mut self,
        heartbeat: &Heartbeat,
    ) -> impl Future<Output = Result<Vec<Position>, PortError>> + Send;

    /// Drops the pending batch: it will be delivered again, perhaps to another member.
    fn reset(&mut self);

    /// These partitions are another member's from now on; what was pending of them has been stored.
    fn release(&mut self, _: &[TopicPartition]) {}

    /// When [`Self::on_deadline`] is to be called next, whether or not records come: for a consumer to whom the
    /// time that passes is news. `None` for never.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Looks at what the time has brought, and moves [`Self::next_deadline`] on. Whether that must be stored now,
    /// together with the pending batch. Where it waits, it says what for.
    fn on_deadline(&mut self, _: &Heartbeat) -> impl Future<Output = bool> + Send {
        ready(false)
    }
}

/// Which records a consumer takes.
pub struct Source {
    /// The bus they lie on.
    pub bus: Arc<dyn EventBus>,
    /// Their topic.
    pub topic: Topic,
    /// The group whose member the consumer is.
    pub group: Group,
    /// The store that has the group's positions, if it is one of which the group has no other.
    pub positions: Option<Arc<dyn PositionStore>>,
}

/// How far a consumer has come in one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    /// Where its store has the position.
    pub stored: Offset,
    /// The offset after the last record that was taken.
    pub taken: Offset,
}

impl Offsets {
    /// All up to there is stored, and nothing more is taken.
    pub const fn at(next: Offset) -> Self {
        Self { stored: next, taken: next }
    }

    /// Whether anything was taken that is not stored.
    pub const fn has_moved(self) -> bool {
        self.taken != self.stored
    }
}

/// Consumes until the role is asked to stop; what is in hand then is stored and committed.
///
/// While a dependency is away its state says so and nothing is lost: the bus is subscribed to anew, the
/// store is tried again with what is in hand. A consumer whose position was moved by another (a zombie)
/// drops what it has and starts again from the store.
///
/// # Errors
/// What neither waiting nor joining again helps: [`Failure::Stop`], or a refusal that the consumer did not
/// deal with itself.
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
        while !self.context.shutdown().is_cancelled() {
            match self.take_part(&mut consumer).await {
                Ok(()) | Err(Stopped::Shutdown) => break,
                // Neither joining again nor waiting makes a refusal of what is in hand go away.
                Err(Stopped::Failed(error)) if error.failure() != Failure::Retry => return Err(error.into()),
                Err(Stopped::Failed(error)) => {
                    tracing::warn!(role = self.context.role(), %error, "joining the group again");
                    consumer.reset();
                    if !error.is_of_a_zombie() {
                        self.bus.down(error);
                    }
                    pause(self.context, &self.heartbeat).await;
                }
            }
        }
        Ok(())
    }

    /// One membership of the group, from joining to leaving.
    async fn take_part<C: Consumer>(&self, consumer: &mut C) -> Result<(), Stopped> {
        let Source { bus, topic, group, .. } = self.source;
        retry(self.context, &self.heartbeat, &self.store, || consumer.check()).await?;
        // Before the group is joined: should the topic be replaced in between, that is noticed afterwards.
        let topic_id = retry(self.context, &self.heartbeat, &self.bus, || bus.topic_id(topic)).await?;
        let subscribe = || bus.subscribe(topic, group);
        let mut subscription = retry(self.context, &self.heartbeat, &self.bus, subscribe).await?;
        let mut replaced = pin!(until_replaced(&**bus, topic, &topic_id));
        let mut store_by = None;
        loop {
            let delivery = tokio::select! {
                biased;
                () = self.context.shutdown().cancelled() => None,
                () = until(store_by) => None,
                error = &mut replaced => return Err(error.into()),
                () = until(consumer.next_deadline()) => {
                    if consumer.on_deadline(&self.heartbeat).await {
                        store_by = None;
                        self.store_and_commit(consumer, &mut subscription).await?;
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
                    store_by.get_or_insert_with(|| Instant::now() + consumer.linger());
                    consumer.capacity() == 0
                }
            };
            if must_store && store_by.take().is_some() {
                self.store_and_commit(consumer, &mut subscription).await?;
            }
            if !revoked.is_empty() {
                consumer.release(&revoked);
            }
            if self.context.shutdown().is_cancelled() {
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
            tracing::info!(role = self.context.role(), %partition, offset, "partition assigned");
            if let Some(position) = begin_at {
                self.heartbeat.waiting(BUS, subscription.seek(position.clone())).await?;
            }
        }
        self.correct(subscription, positions).await
    }

    /// Tells the bus where the group begins, if it has committed something else: a tool may have moved the group's
    /// offsets, and in a partition without news nobody else would ever commit. Nothing rests on it but the lag that
    /// is shown, so that a bus that does not answer this, or refuses it, is no reason to leave the group. Where the
    /// membership itself is lost, the next delivery says so.
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
                tracing::info!(role = self.context.role(), %group, partitions = positions.len(), "the group's offsets on the bus were not those of the store, and are now");
            }
            Ok::<_, PortError>(())
        };
        let corrected = tokio::select! {
            biased;
            () = self.context.shutdown().cancelled() => return Err(Stopped::Shutdown),
            corrected = self.heartbeat.waiting(BUS, correcting) => corrected,
        };
        if let Err(error) = corrected {
            tracing::warn!(role = self.context.role(), %error, "the lag may be shown wrong until something is stored");
        }
        Ok(())
    }

    async fn store_and_commit<C: Consumer>(
        &self,
        consumer: &mut C,
        subscription: &mut Box<dyn Subscription>,
    ) -> Result<(), Stopped> {
        let mut attempts = Attempts::new(self.context, &self.heartbeat, &self.store);
        let positions = loop {
            let storing = consumer.store(&self.heartbeat);
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

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
