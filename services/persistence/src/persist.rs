//! Stores one kind of record.

use crate::clock::{BusTime, Looking, Stored, StoredClock};
use crate::handle::PendingBatch;
use crate::letters::Letters;
use crate::metrics::{GroupMetrics, StreamMetrics};
use crate::retention::keep_pruning;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;
use watchkeeper_domain::limits::check_taken;
use watchkeeper_domain::{Seldom, Timestamp};
use watchkeeper_ports::{
    Advance, Append, Appended, EventBus, Failure, Group, Offset, PortError, Position, PositionStore,
    ReceivedBatch, ScheduleStore, Sink, Topic, TopicId, TopicPartition,
};
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::consumer::{Consumer, Gate, Isolated, Source, consume, isolate, resume};
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult};
use watchkeeper_wire::Decode;

/// How a group batches what it stores, and how long that is kept. Asked each time, because it may be reloaded.
#[derive(Clone, Copy, Debug)]
pub struct Batching {
    /// Most records per transaction.
    pub records: usize,
    /// How long a record may wait for others.
    pub age: Duration,
    /// How long items are kept.
    pub retention: Duration,
}

/// A consumer group that stores what it consumes; shared by all kinds of records.
#[derive(Clone)]
pub struct Persistence {
    context: RoleContext,
    group: Group,
    batching: Arc<dyn Fn() -> Batching + Send + Sync>,
    bus: Arc<dyn EventBus>,
    clock: Clock,
    bus_time: Arc<BusTime>,
    metrics: GroupMetrics,
}

impl Persistence {
    /// A group of the role of `context`. The clock's state is kept in `schedule`.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        context: RoleContext,
        group: Group,
        batching: impl Fn() -> Batching + Send + Sync + 'static,
        bus: Arc<dyn EventBus>,
        schedule: Arc<dyn ScheduleStore>,
        stored: Arc<dyn Stored>,
    ) -> Result<Self, prometheus::Error> {
        let batching: Arc<dyn Fn() -> Batching + Send + Sync> = Arc::new(batching);
        let of_clock = Arc::clone(&batching);
        let ledger = StoredClock { role: context.role(), schedule, stored };
        let clock = Clock::new(&context, ledger, move || of_clock().retention)?;
        let metrics = GroupMetrics::register(context.registry(), context.role())?;
        Ok(Self { context, group, batching, bus, clock, bus_time: Arc::default(), metrics })
    }

    /// Checks the clock until the role stops.
    pub async fn keep_looking(&self) -> RoleResult {
        let Self { context, bus, clock, bus_time, .. } = self.clone();
        let looking =
            Looking { role: context.role(), clock, bus, bus_time, was_doubted: AtomicBool::new(false) };
        looking.keep_looking(context).await
    }

    /// When the last record that was consumed had been appended, by the clock of the bus; `None` before the first.
    pub fn consumed_until(&self) -> Option<Timestamp> {
        self.bus_time.last()
    }

    /// The earliest instant that it can be now, by which to prune.
    ///
    /// # Errors
    /// When the clock's state cannot be read.
    pub async fn earliest(&self, now: Timestamp) -> Result<Timestamp, PortError> {
        Ok(self.clock.look(now).await?.earliest)
    }

    /// Stores items of this kind, and prunes them by retention.
    ///
    /// # Errors
    /// When the metrics of this kind are registered already.
    pub fn kind<D: Decode>(&self, sink: Arc<dyn Sink<D::Item>>) -> Result<Kind<D>, prometheus::Error> {
        let stream = StreamMetrics::register(self.context.registry(), self.context.role(), D::ITEMS)?;
        Ok(Kind { group: self.clone(), sink, stream })
    }
}

/// One kind of record that a group stores.
pub struct Kind<D: Decode> {
    group: Persistence,
    sink: Arc<dyn Sink<D::Item>>,
    stream: StreamMetrics,
}

impl<D: Decode> Kind<D> {
    /// Stores what `decoder` decodes from the topic of this kind, and prunes it by retention, until the role stops.
    pub async fn store(&self, decoder: D) -> RoleResult {
        let Persistence { context, clock, batching, .. } = self.group.clone();
        let consuming = self.consume(context.clone(), D::TOPIC, None, decoder);
        let (sink, pruned) = (Arc::clone(&self.sink), self.stream.pruned.clone());
        let pruning = keep_pruning(context, clock, sink, D::ITEMS, move || batching().retention, pruned);
        tokio::try_join!(consuming, pruning)?;
        Ok(())
    }

    /// Stores what `decoder` decodes from a further topic, while `gate` is open, if there is one, until the role stops.
    pub async fn store_also(&self, topic: Topic, gate: Option<Gate>, decoder: D) -> RoleResult {
        self.consume(self.group.context.without_status(), topic, gate, decoder).await
    }

    async fn consume(
        &self,
        context: RoleContext,
        topic: Topic,
        gate: Option<Gate>,
        decoder: D,
    ) -> RoleResult {
        let Persistence { group, bus, .. } = self.group.clone();
        let positions: Arc<dyn PositionStore> = self.sink.clone();
        let source = Source { bus, topic: topic.clone(), group, positions: Some(positions), gate };
        let letters = Letters {
            role: context.role(),
            bus: Arc::clone(&self.group.bus),
            metrics: self.group.metrics.clone(),
            topic,
            told: Seldom::default(),
        };
        let persister = Persister {
            common: self.group.clone(),
            sink: Arc::clone(&self.sink),
            stream: self.stream.clone(),
            decoder,
            pending: PendingBatch::default(),
            storing: None,
            topic_id: TopicId::default(),
            stored: HashMap::new(),
            moved: HashMap::new(),
            letters,
        };
        consume(context, source, persister).await
    }
}

/// A batch that is being stored.
struct Storing<T> {
    batch: PendingBatch<T>,
    /// What it does to the positions.
    advances: Vec<Advance>,
    /// The transaction; `None` after one has failed.
    append: Option<UnderWay>,
}

/// A transaction under way. Dropped, it is cut short.
type UnderWay = AbortOnDropHandle<Result<Appended, PortError>>;

struct Persister<D: Decode> {
    common: Persistence,
    sink: Arc<dyn Sink<D::Item>>,
    stream: StreamMetrics,
    decoder: D,
    /// What is received.
    pending: PendingBatch<D::Item>,
    /// What is stored meanwhile: only one batch, as its position has to move before that of the next.
    storing: Option<Storing<D::Item>>,
    /// The ID of the consumed topic.
    topic_id: TopicId,
    /// This consumer's positions in the store.
    stored: HashMap<TopicPartition, Offset>,
    /// Those of them that have moved and are not committed.
    moved: HashMap<TopicPartition, Offset>,
    letters: Letters,
}

impl<D: Decode> Consumer for Persister<D> {
    const STORE: &'static str = "store";

    async fn check(&self) -> Result<(), PortError> {
        self.sink.check().await
    }

    /// The store is authoritative: what it has not stored was not stored, whatever the group has committed. It also
    /// has the clock's state, without which no record is checked.
    async fn begin(
        &mut self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<Position>, PortError> {
        heartbeat.idle(self.common.clock.look(Timestamp::now())).await?;
        self.topic_id = topic_id.clone();
        let mut positions = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let stored = self.sink.position(&self.common.group, partition, topic_id).await?;
            let position = resume(&self.common.group, partition, topic_id, &stored);
            self.stored.insert(partition.clone(), position.next);
            positions.push(position);
        }
        Ok(positions)
    }

    fn push(&mut self, batch: ReceivedBatch) {
        self.common.bus_time.note(batch.appended_at());
        let (present, retention) =
            (self.common.clock.present(Timestamp::now()), (self.common.batching)().retention);
        let check = |at| check_taken(at, present, retention);
        self.pending.push(batch, &self.topic_id, &mut self.decoder, check);
    }

    fn linger(&self) -> Duration {
        (self.common.batching)().age
    }

    fn capacity(&self) -> usize {
        self.pending.capacity((self.common.batching)().records)
    }

    async fn store(&mut self, heartbeat: &Heartbeat) -> Result<Vec<Position>, PortError> {
        self.finish(heartbeat).await?;
        self.begin_storing(heartbeat).await?;
        self.finish(heartbeat).await?;
        Ok(self.take_moved())
    }

    async fn store_ahead(&mut self, heartbeat: &Heartbeat) -> Result<Vec<Position>, PortError> {
        let stored = self.finish(heartbeat).await?;
        self.begin_storing(heartbeat).await?;
        // Only now: to free thousands of items takes as long as a round trip or two.
        drop(stored);
        Ok(self.take_moved())
    }

    fn is_storing(&self) -> bool {
        self.storing.is_some()
    }

    /// A transaction that is cut short has taken effect or not; the position in the store tells.
    fn reset(&mut self) {
        self.pending = PendingBatch::default();
        self.storing = None;
        self.moved.clear();
    }
}

impl<D: Decode> Persister<D> {
    /// Begins the transaction of what is pending.
    async fn begin_storing(&mut self, heartbeat: &Heartbeat) -> Result<(), PortError> {
        // Before the commit: a crash in between sends a record to the dead letters twice rather than never, and the
        // list shows it once.
        self.letters.send(&mut self.pending, heartbeat).await?;
        let stored = |partition: &TopicPartition| self.stored.get(partition).copied().unwrap_or(0);
        let advances = self.pending.advances(&self.common.group, &self.topic_id, stored);
        if advances.is_empty() {
            return Ok(());
        }
        let mut batch = std::mem::take(&mut self.pending);
        let append = self.spawn_append(batch.append(&advances));
        self.storing = Some(Storing { batch, advances, append: Some(append) });
        Ok(())
    }

    /// Waits until what is being stored is stored, and returns it. After an error it still is to be, and the next call tries
    /// again.
    async fn finish(&mut self, heartbeat: &Heartbeat) -> Result<Option<PendingBatch<D::Item>>, PortError> {
        let Some(mut storing) = self.storing.take() else { return Ok(None) };
        let stored = self.finish_storing(&mut storing, heartbeat).await;
        if let Err(error) = stored {
            self.storing = Some(storing);
            return Err(error);
        }
        self.common.metrics.copies.inc_by(storing.batch.copies);
        for Advance { partition, next, .. } in storing.advances {
            self.stored.insert(partition.clone(), next);
            self.moved.insert(partition, next);
        }
        Ok(Some(storing.batch))
    }

    async fn finish_storing(
        &mut self,
        storing: &mut Storing<D::Item>,
        heartbeat: &Heartbeat,
    ) -> Result<(), PortError> {
        let Storing { batch, advances, append } = storing;
        loop {
            heartbeat.beat();
            let under_way = append.take().unwrap_or_else(|| self.spawn_append(batch.append(advances)));
            match self.appended(under_way).await {
                Err(PortError::ItemsRejected { reason, items, .. }) if !items.is_empty() => {
                    let refused = items.into_iter().map(|index| (index, reason.clone())).collect();
                    batch.refuse(refused);
                    self.letters.send(batch, heartbeat).await?;
                }
                Err(error) if error.failure() == Failure::Reject && !batch.items().is_empty() => {
                    self.isolate(batch, heartbeat).await?;
                    let moving = self.spawn_append(Arc::new(Append::moving(advances.clone())));
                    return self.appended(moving).await;
                }
                appended => return appended,
            }
        }
    }

    /// One transaction, which goes on while more is received.
    fn spawn_append(&self, append: Arc<Append<D::Item>>) -> UnderWay {
        let (sink, seconds) = (Arc::clone(&self.sink), self.common.metrics.append_seconds.clone());
        AbortOnDropHandle::new(tokio::spawn(async move {
            let timer = seconds.start_timer();
            let appended = sink.append(append).await;
            timer.observe_duration();
            appended
        }))
    }

    async fn appended(&self, under_way: UnderWay) -> Result<(), PortError> {
        let appended = under_way.await.unwrap_or_else(|error| {
            Err(PortError::Broken {
                what: "store",
                reason: format!("a transaction was not finished: {error}"),
            })
        });
        if appended.as_ref().is_err_and(|error| error.failure() != Failure::Reject) {
            self.common.metrics.store_errors.inc();
        }
        self.stream.count(appended?);
        Ok(())
    }

    fn take_moved(&mut self) -> Vec<Position> {
        self.moved.drain().map(|(partition, next)| Position { partition, next }).collect()
    }

    /// Stores the items that the sink accepts, and sends the others to the dead-letter topic. Storing before the
    /// commit is safe, because an item is stored once however often it is appended.
    async fn isolate(
        &mut self,
        batch: &mut PendingBatch<D::Item>,
        heartbeat: &Heartbeat,
    ) -> Result<(), PortError> {
        let items = batch.items();
        let Isolated { taken, refused } = isolate(items.len(), |part| {
            heartbeat.beat();
            self.sink.append(Arc::new(Append::of(items[part].to_vec())))
        })
        .await?;
        for appended in taken {
            self.stream.count(appended);
        }
        let refused = refused.into_iter().map(|(index, error)| (index, error.to_string()));
        batch.refuse(refused.collect());
        self.letters.send(batch, heartbeat).await
    }
}
