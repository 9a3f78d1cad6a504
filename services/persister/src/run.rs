//! The persister's loops.

use crate::ROLE;
use crate::bisect::{Sifted, sift};
use crate::clock::{BusTime, StoredClock, keep_looking};
use crate::config::PersisterConfig;
use crate::handle::{InHand, Refused};
use crate::metrics::PersisterMetrics;
use crate::retention::keep_pruning;
use crate::series::{keep_counting, no_room};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::limits::check_taken;
use watchkeeper_ports::{
    Advance, Append, BatchBuilder, EventBus, Failure, Group, Offset, PortError, Position, PositionStore,
    ReceivedBatch, RecordBatch, SampleStore, ScheduleStore, Topic, TopicId, TopicPartition,
};
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::consumer::{Consumer, Source, consume, resume};
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult};
use watchkeeper_wire::dead_letter::{Buried, DeadLetter, LETTER_BATCH_BYTES, bury};
use watchkeeper_wire::sample::SampleDecoder;

/// Stores the samples of topic `metrics`, and removes those past their retention, until asked to stop. What is seen
/// of the clock meanwhile is kept in `schedule`.
pub async fn run(
    context: RoleContext,
    config: PersisterConfig,
    bus: Arc<dyn EventBus>,
    store: Arc<dyn SampleStore>,
    schedule: Arc<dyn ScheduleStore>,
) -> RoleResult {
    let metrics = Arc::new(PersisterMetrics::register(context.registry())?);
    let positions: Arc<dyn PositionStore> = store.clone();
    let source = Source {
        bus: Arc::clone(&bus),
        topic: Topic::METRICS,
        group: Group::PERSISTER,
        positions: Some(positions),
    };
    let counting =
        keep_counting(context.clone(), Arc::clone(&store), config.max_series, Arc::clone(&metrics));
    let ledger = StoredClock { schedule, samples: Arc::clone(&store) };
    let clock = Clock::new(&context, ledger, config.retention)?;
    let bus_time = Arc::new(BusTime::default());
    let looking = keep_looking(context.clone(), clock.clone(), Arc::clone(&bus), Arc::clone(&bus_time));
    let pruning = keep_pruning(
        context.clone(),
        clock.clone(),
        Arc::clone(&store),
        config.retention,
        Arc::clone(&metrics),
    );
    let persister = Persister {
        config,
        bus,
        store,
        clock,
        bus_time,
        metrics,
        decoder: SampleDecoder::default(),
        in_hand: InHand::default(),
        topic_id: TopicId::default(),
        stored: HashMap::new(),
    };
    tokio::try_join!(consume(context, source, persister), pruning, counting, looking)?;
    Ok(())
}

struct Persister {
    config: PersisterConfig,
    bus: Arc<dyn EventBus>,
    store: Arc<dyn SampleStore>,
    clock: Clock,
    bus_time: Arc<BusTime>,
    metrics: Arc<PersisterMetrics>,
    decoder: SampleDecoder,
    in_hand: InHand,
    /// Which topic it consumes.
    topic_id: TopicId,
    /// Where the store has this consumer's positions.
    stored: HashMap<TopicPartition, Offset>,
}

impl Consumer for Persister {
    const STORE: &'static str = "store";

    async fn check(&self) -> Result<(), PortError> {
        self.store.check().await
    }

    /// The store knows best: what it has not stored was not stored, whatever was committed to the bus. It also
    /// remembers the clock, by which no record is judged before.
    async fn begin(
        &mut self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<Position>, PortError> {
        heartbeat.idle(self.clock.look(Timestamp::now())).await?;
        self.topic_id = topic_id.clone();
        let mut positions = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let stored = self.store.position(&Group::PERSISTER, partition, topic_id).await?;
            let position = resume(&Group::PERSISTER, partition, topic_id, &stored);
            self.stored.insert(partition.clone(), position.next);
            positions.push(position);
        }
        Ok(positions)
    }

    fn take(&mut self, batch: ReceivedBatch) {
        self.bus_time.note(batch.appended_at);
        let (present, retention) = (self.clock.present(Timestamp::now()), self.config.retention);
        self.in_hand.take(batch, &mut self.decoder, |at| check_taken(at, present, retention));
    }

    fn linger(&self) -> Duration {
        self.config.batch_age
    }

    fn room(&self) -> usize {
        self.in_hand.room(self.config.batch_records)
    }

    async fn store(&mut self, heartbeat: &Heartbeat) -> Result<Vec<Position>, PortError> {
        heartbeat.waiting("bus", self.bury_refused(heartbeat)).await?;
        let stored = |partition: &TopicPartition| self.stored.get(partition).copied().unwrap_or(0);
        let advances = self.in_hand.advances(&self.topic_id, stored);
        loop {
            heartbeat.beat();
            match self.append(self.in_hand.append(advances.clone(), self.config.max_series)).await {
                Err(PortError::TooManySeries { series, samples, .. }) => {
                    self.refuse_series(series, samples, heartbeat).await?;
                }
                Err(error) if error.failure() == Failure::Reject && !self.in_hand.samples.is_empty() => {
                    self.sift(heartbeat).await?;
                    self.append(Append { advances: advances.clone(), ..Append::default() }).await?;
                    break;
                }
                appended => {
                    appended?;
                    break;
                }
            }
        }
        self.metrics.copies.inc_by(self.in_hand.copies);
        self.in_hand = InHand::default();
        let moved = advances.into_iter().map(|Advance { partition, next, .. }| Position { partition, next });
        let moved: Vec<_> = moved.collect();
        self.stored.extend(moved.iter().map(|Position { partition, next }| (partition.clone(), *next)));
        Ok(moved)
    }

    fn forget(&mut self) {
        self.in_hand = InHand::default();
    }
}

impl Persister {
    /// One transaction.
    async fn append(&self, append: Append) -> Result<(), PortError> {
        let timer = self.metrics.append_seconds.start_timer();
        let appended = self.store.append(&Arc::new(append)).await;
        timer.observe_duration();
        if appended.as_ref().is_err_and(|error| error.failure() != Failure::Reject) {
            self.metrics.store_errors.inc();
        }
        self.metrics.count(appended?);
        Ok(())
    }

    /// Sends the samples for whose series there is no room to the dead-letter topic.
    async fn refuse_series(
        &mut self,
        series: u64,
        samples: Vec<usize>,
        heartbeat: &Heartbeat,
    ) -> Result<(), PortError> {
        self.metrics.without_room.inc_by(samples.len() as u64);
        let reason = no_room(series, self.config.max_series);
        self.in_hand.refuse(samples.into_iter().map(|index| (index, reason.clone())).collect());
        heartbeat.waiting("bus", self.bury_refused(heartbeat)).await
    }

    /// Stores the samples that the store takes, and sends the others to the dead-letter topic.
    async fn sift(&mut self, heartbeat: &Heartbeat) -> Result<(), PortError> {
        let Sifted { appended, refused } = sift(&*self.store, &self.in_hand.samples, heartbeat).await?;
        self.metrics.count(appended);
        self.in_hand.refuse(refused);
        heartbeat.waiting("bus", self.bury_refused(heartbeat)).await
    }

    /// Sends what was refused to the dead-letter topic, batch by batch. This comes before the position moves, so that
    /// a crash between the two sends a record there twice rather than never; the list shows it once.
    async fn bury_refused(&mut self, heartbeat: &Heartbeat) -> Result<(), PortError> {
        let rejected_at = Timestamp::now();
        while let Some(Refused { reason, .. }) = self.in_hand.refused.first() {
            let reason = reason.clone();
            heartbeat.beat();
            let letters = self.first_letters(rejected_at);
            let records = letters.len();
            let (bus, topic) = (&*self.bus, Topic::METRICS.dead_letters());
            let Buried { letters, dropped } = bury(letters, |batch| bus.publish(&topic, batch)).await?;
            self.metrics.dead_letters.inc_by(letters);
            self.metrics.dead_letters_dropped.inc_by(dropped);
            tracing::warn!(records, reason, "rejected");
            self.in_hand.refused.drain(..records);
        }
        Ok(())
    }

    /// The letters about the first records that were refused, as many as are sent at once.
    fn first_letters(&self, rejected_at: Timestamp) -> RecordBatch {
        let mut letters = BatchBuilder::default();
        for Refused { origin, reason } in &self.in_hand.refused {
            let (batch, offset) = self.in_hand.find(*origin);
            let letter = DeadLetter {
                reason,
                rejected_by: ROLE.name,
                rejected_at,
                origin: batch.partition.clone(),
                offset,
                record: batch.records.get(origin.record),
            };
            letter.push(&mut letters);
            if letters.published_bytes() >= LETTER_BATCH_BYTES {
                break;
            }
        }
        letters.finish()
    }
}
