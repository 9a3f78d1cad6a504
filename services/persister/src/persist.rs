//! Stores one kind of record.

use crate::ROLE;
use crate::clock::BusTime;
use crate::config::PersisterConfig;
use crate::handle::PendingBatch;
use crate::metrics::{PersisterMetrics, StreamMetrics};
use crate::retention::keep_pruning;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::limits::check_taken;
use watchkeeper_domain::{Seldom, TELL_EVERY, Timestamp};
use watchkeeper_ports::{
    Advance, Append, EventBus, Failure, Group, Offset, PortError, Position, PositionStore, ReceivedBatch,
    Sink, TopicId, TopicPartition,
};
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::consumer::{Consumer, Isolated, Source, consume, isolate, resume};
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult};
use watchkeeper_wire::Decode;
use watchkeeper_wire::dead_letter::{SentLetters, first_letters, send_letters};

/// What all kinds of records share.
#[derive(Clone)]
pub(crate) struct Persistence {
    pub(crate) context: RoleContext,
    pub(crate) config: Reloadable<PersisterConfig>,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) clock: Clock,
    pub(crate) bus_time: Arc<BusTime>,
    pub(crate) metrics: PersisterMetrics,
}

impl Persistence {
    /// Stores what `decoder` decodes in `sink`, and prunes it by retention, until the role stops.
    ///
    /// # Errors
    /// When the metrics of this kind are registered already.
    pub(crate) fn of<D: Decode>(
        &self,
        decoder: D,
        sink: Arc<dyn Sink<D::Item>>,
    ) -> Result<impl Future<Output = RoleResult> + use<D>, prometheus::Error> {
        let Self { context, config, bus, clock, .. } = self.clone();
        let stream = StreamMetrics::register(context.registry(), D::ITEMS)?;
        let positions: Arc<dyn PositionStore> = sink.clone();
        let source = Source { bus, topic: D::TOPIC, group: Group::PERSISTER, positions: Some(positions) };
        let (pruned_sink, pruned) = (sink.clone(), stream.pruned.clone());
        let persister = Persister {
            common: self.clone(),
            sink,
            stream,
            decoder,
            pending: PendingBatch::default(),
            topic_id: TopicId::default(),
            stored: HashMap::new(),
            told: Seldom::default(),
        };
        Ok(async move {
            let retention = || config.current().retention;
            let pruning = keep_pruning(context.clone(), clock, pruned_sink, D::ITEMS, retention, pruned);
            tokio::try_join!(consume(context, source, persister), pruning)?;
            Ok(())
        })
    }
}

struct Persister<D: Decode> {
    common: Persistence,
    sink: Arc<dyn Sink<D::Item>>,
    stream: StreamMetrics,
    decoder: D,
    pending: PendingBatch<D::Item>,
    /// The ID of the consumed topic.
    topic_id: TopicId,
    /// This consumer's positions in the store.
    stored: HashMap<TopicPartition, Offset>,
    /// Lines about dead letters.
    told: Seldom,
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
            let stored = self.sink.position(&Group::PERSISTER, partition, topic_id).await?;
            let position = resume(&Group::PERSISTER, partition, topic_id, &stored);
            self.stored.insert(partition.clone(), position.next);
            positions.push(position);
        }
        Ok(positions)
    }

    fn push(&mut self, batch: ReceivedBatch) {
        self.common.bus_time.note(batch.appended_at);
        let (present, retention) =
            (self.common.clock.present(Timestamp::now()), self.common.config.current().retention);
        self.pending.push(batch, &mut self.decoder, |at| check_taken(at, present, retention));
    }

    fn linger(&self) -> Duration {
        self.common.config.current().batch_age
    }

    fn capacity(&self) -> usize {
        self.pending.capacity(self.common.config.current().batch_records)
    }

    async fn store(&mut self, heartbeat: &Heartbeat) -> Result<Vec<Position>, PortError> {
        // Before the commit: a crash in between sends a record to the dead letters twice rather than never, and the
        // list shows it once.
        heartbeat.waiting("bus", self.send_refused(heartbeat)).await?;
        let stored = |partition: &TopicPartition| self.stored.get(partition).copied().unwrap_or(0);
        let advances = self.pending.advances(&self.topic_id, stored);
        loop {
            heartbeat.beat();
            let append = self.pending.append(&advances);
            match self.append(append).await {
                Err(PortError::ItemsRejected { reason, items, .. }) if !items.is_empty() => {
                    let refused = items.into_iter().map(|index| (index, reason.clone())).collect();
                    self.refuse(refused, heartbeat).await?;
                }
                Err(error) if error.failure() == Failure::Reject && !self.pending.items().is_empty() => {
                    self.isolate(heartbeat).await?;
                    self.append(Arc::new(Append::moving(advances.clone()))).await?;
                    break;
                }
                appended => {
                    appended?;
                    break;
                }
            }
        }
        self.common.metrics.copies.inc_by(self.pending.copies);
        self.pending = PendingBatch::default();
        let moved = advances.into_iter().map(|Advance { partition, next, .. }| Position { partition, next });
        let moved: Vec<_> = moved.collect();
        self.stored.extend(moved.iter().map(|Position { partition, next }| (partition.clone(), *next)));
        Ok(moved)
    }

    fn reset(&mut self) {
        self.pending = PendingBatch::default();
    }
}

impl<D: Decode> Persister<D> {
    /// One transaction.
    async fn append(&self, append: Arc<Append<D::Item>>) -> Result<(), PortError> {
        let metrics = &self.common.metrics;
        let timer = metrics.append_seconds.start_timer();
        let appended = self.sink.append(append).await;
        timer.observe_duration();
        if appended.as_ref().is_err_and(|error| error.failure() != Failure::Reject) {
            metrics.store_errors.inc();
        }
        self.stream.count(appended?);
        Ok(())
    }

    /// Stores the items that the sink accepts, and sends the others to the dead-letter topic. Storing before the
    /// commit is safe, because an item is stored once however often it is appended.
    async fn isolate(&mut self, heartbeat: &Heartbeat) -> Result<(), PortError> {
        let items = self.pending.items();
        let Isolated { taken, refused } = isolate(items.len(), |part| {
            heartbeat.beat();
            self.sink.append(Arc::new(Append::of(items[part].to_vec())))
        })
        .await?;
        for appended in taken {
            self.stream.count(appended);
        }
        let refused = refused.into_iter().map(|(index, error)| (index, error.to_string()));
        self.refuse(refused.collect(), heartbeat).await
    }

    /// Sends items, given by ascending index with the reason, to the dead-letter topic.
    async fn refuse(&mut self, items: Vec<(usize, String)>, heartbeat: &Heartbeat) -> Result<(), PortError> {
        self.pending.refuse(items);
        heartbeat.waiting("bus", self.send_refused(heartbeat)).await
    }

    /// Sends the rejected records to the dead-letter topic, batch by batch.
    async fn send_refused(&mut self, heartbeat: &Heartbeat) -> Result<(), PortError> {
        let (rejected_at, topic) = (Timestamp::now(), D::TOPIC.dead_letters());
        let Persistence { bus, metrics, .. } = &self.common;
        while let Some(first) = self.pending.refused.first() {
            let reason = first.reason.clone();
            heartbeat.beat();
            let letters = first_letters(self.pending.rejected(), ROLE.name, rejected_at);
            let records = letters.len();
            let SentLetters { letters, dropped } =
                send_letters(letters, |batch| bus.publish(&topic, batch)).await?;
            metrics.dead_letters.inc_by(letters);
            metrics.dead_letters_dropped.inc_by(dropped);
            if let Some(records) = self.told.admit(records as u64, Instant::now()) {
                tracing::warn!(
                    topic = %D::TOPIC,
                    records,
                    error = reason,
                    "sent records to the dead letters; not logged again for {} s",
                    TELL_EVERY.as_secs()
                );
            }
            self.pending.refused.drain(..records);
        }
        Ok(())
    }
}
