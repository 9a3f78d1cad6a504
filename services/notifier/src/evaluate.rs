//! Evaluates the rules: from the records of one topic to alerts.

mod beginning;
mod known_until;
mod loose;
mod observing;
mod pace;
mod passed_on;
mod place;
mod reading;
mod repartition;

use crate::metrics::NotifierMetrics;
use known_until::KnownUntil;
use loose::Loose;
use pace::linger_after;
use place::Place;
use reading::Reading;
use repartition::Repartition;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_ports::{
    Advance, AlertStore, Evaluation, EventBus, Group, PortError, Position, ReceivedBatch, Topic, TopicId,
    TopicPartition,
};
use watchkeeper_rules::{Evaluator, RuleSet};
use watchkeeper_runtime::Heartbeat;
use watchkeeper_runtime::consumer::{Consumer, Offsets, resume};

/// How often the evaluator processes events without a record: a rule that has held for long enough, a series that has
/// become absent.
pub(crate) const TICK_EVERY: Duration = Duration::from_secs(1);
/// Most records consumed before state is stored: it limits the transaction.
pub(crate) const MAX_TAKEN: usize = 50_000;
/// Most records per delivery, so that ticks are not delayed for long.
const MAX_DELIVERY: usize = 5_000;
/// States per page of recall.
const PAGE_MEMORIES: usize = 5_000;
/// Alerts per page.
const PAGE_ALERTS: usize = 1_000;
/// How long a sample repartitioned by another member may be in transit: evaluation time stays this far behind the
/// clock.
const IN_TRANSIT: Duration = Duration::from_secs(3);
/// How often to check whether the repartition topic was recreated.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A consumer that evaluates the rules over its records.
pub(crate) struct Evaluating {
    bus: Arc<dyn EventBus>,
    alerts: Arc<dyn AlertStore>,
    metrics: Arc<NotifierMetrics>,
    topic: Topic,
    reading: Reading,
    repartition: Repartition,
    loose: Loose,
    rules: Reloadable<RuleSet>,
    evaluator: Evaluator,
    /// The ID of the consumed topic.
    topic_id: TopicId,
    partitions: BTreeMap<TopicPartition, Place>,
    known_until: KnownUntil,
    /// Records consumed since the last store.
    taken: usize,
    /// Whether samples without a key were released since then: positions can advance.
    has_taken_loose: bool,
    /// When to check the repartition topic again.
    look_at: Instant,
    /// Why repartitioned samples of other members cannot be read, if it has been logged.
    obstacle: Option<String>,
    /// How long evaluator state, and the position with it, may be ahead of the store.
    linger: Duration,
    /// The evaluation being stored: after a failure the same one is retried.
    storing: Option<Arc<Evaluation>>,
    tick_at: Instant,
    /// The clock reading at the last tick.
    ticked: Timestamp,
    /// Notified when alerts were stored.
    news: Arc<Notify>,
}

impl Evaluating {
    /// Evaluates `rules` over `topic`; `news` is notified when an alert was stored.
    pub(crate) fn new(
        topic: Topic,
        rules: Reloadable<RuleSet>,
        bus: Arc<dyn EventBus>,
        alerts: Arc<dyn AlertStore>,
        metrics: Arc<NotifierMetrics>,
        news: Arc<Notify>,
    ) -> Self {
        Self {
            bus,
            alerts,
            metrics,
            reading: Reading::of(&topic),
            repartition: Repartition::of(&topic),
            loose: Loose::default(),
            topic,
            evaluator: Evaluator::new(rules.current()),
            rules,
            topic_id: TopicId::default(),
            partitions: BTreeMap::new(),
            known_until: KnownUntil::default(),
            taken: 0,
            has_taken_loose: false,
            look_at: Instant::now(),
            obstacle: None,
            linger: linger_after(0),
            storing: None,
            tick_at: Instant::now(),
            ticked: Timestamp::MIN,
            news,
        }
    }

    /// Advances evaluation time to the watermark (no more records are expected before it); `now` is the wall clock.
    /// Returns whether an alert has begun or ended.
    pub(crate) async fn tick(&mut self, now: Timestamp) -> bool {
        if self.partitions.is_empty() {
            return false;
        }
        if self.ticked > latest_possible(now) {
            tracing::warn!(before = %self.ticked, %now, "the clock was set back: evaluation continues from the current time");
            self.known_until.rewind(now);
            self.evaluator.rewind(now);
            self.take_loose(Timestamp::MAX);
        }
        self.ticked = now;
        // What was appended before `now` is below these watermarks. If the bus is unavailable, time does not advance.
        if let Ok(watermarks) = self.bus.watermarks(&self.topic).await {
            for (partition, place) in &self.partitions {
                let marks = watermarks.iter().find(|marks| marks.partition == *partition);
                let is_read = marks.is_none_or(|marks| place.own.taken.max(marks.low) >= marks.high);
                if is_read && place.inlet_is_read {
                    self.known_until.note(partition, now);
                }
            }
        }
        if let Some(read_until) = self.known_until.all() {
            let are_all_mine = self.partitions.len() >= self.repartition.partitions();
            let horizon = if are_all_mine { read_until } else { read_until.minus(IN_TRANSIT) };
            self.take_loose(horizon);
            self.evaluator.tick(horizon);
            let (watched, refused) = (self.evaluator.watched(), self.evaluator.refused());
            self.metrics.evaluated(&self.topic, horizon, watched, refused);
        }
        self.evaluator.has_news()
    }

    /// Whether a reload has replaced the rules that are evaluated.
    fn has_other_rules(&self) -> bool {
        !Arc::ptr_eq(&self.rules.current(), self.evaluator.rules())
    }

    /// The changes to store. Switches to the reloaded rules, if there are any: earlier samples are stored as before a
    /// restart, later ones are evaluated as after one. Lists every partition it may concern, even if the position stays.
    fn findings(&mut self) -> Evaluation {
        let found = if self.has_other_rules() {
            tracing::info!(topic = %self.topic, "rules reloaded");
            self.evaluator.reload(self.rules.current())
        } else {
            self.evaluator.drain()
        };
        let is_empty = found.memories.is_empty() && found.alerts.is_empty();
        // A held sample is not processed yet.
        let waiting = self.loose.first_offsets();
        let done = |log: &TopicPartition, offsets: Offsets| {
            let taken = waiting.get(log).map_or(offsets.taken, |first| offsets.taken.min(*first));
            Offsets { taken, ..offsets }
        };
        let places = self.partitions.iter().map(|(partition, place)| {
            let inlet = done(&self.repartition.inlet(partition), place.inlet);
            (partition, &place.epoch, done(partition, place.own), inlet)
        });
        let concerned = places.filter(|(.., own, inlet)| !is_empty || own.has_moved() || inlet.has_moved());
        let advance = |partition, topic_id: &TopicId, Offsets { stored, taken }| Advance {
            group: Group::NOTIFIER,
            partition,
            topic_id: topic_id.clone(),
            expected: Some(stored),
            next: taken,
        };
        let (mut epochs, mut advances) = (Vec::new(), Vec::new());
        for (partition, epoch, own, inlet) in concerned {
            epochs.push(epoch.clone());
            advances.push(advance(partition.clone(), &self.topic_id, own));
            if inlet.has_moved() {
                advances.push(advance(self.repartition.inlet(partition), self.repartition.topic_id(), inlet));
            }
        }
        Evaluation { epochs, advances, memories: found.memories, alerts: found.alerts, past: found.past }
    }
}

impl Consumer for Evaluating {
    const STORE: &'static str = "store";

    async fn check(&self) -> Result<(), PortError> {
        self.alerts.check().await
    }

    /// The store is authoritative, and its state belongs to its position.
    async fn begin(
        &mut self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<Position>, PortError> {
        if self.storing.is_some() || self.has_other_rules() {
            // State that other rules left would be lost if these recalled it.
            self.store(heartbeat).await?;
        }
        self.topic_id = topic_id.clone();
        if !self.topic.is_dead_letters() {
            heartbeat.waiting("bus", self.repartition.begin(&*self.bus, &self.topic)).await?;
        }
        let mut lost = HashMap::new();
        for partition in partitions {
            let epoch = self.alerts.take_over(partition, topic_id).await?;
            let stored = self.alerts.position(&Group::NOTIFIER, partition, topic_id).await?;
            let position = resume(&Group::NOTIFIER, partition, topic_id, &stored);
            let inlet = self.repartition.position(&self.alerts, partition).await?;
            let unreadable = self.recall(partition, &epoch, heartbeat).await?;
            lost.extend(unreadable.into_iter().map(|series_key| (series_key, partition.clone())));
            let place = Place {
                epoch,
                own: Offsets::at(position.next),
                inlet: Offsets::at(inlet),
                inlet_is_read: !self.repartition.is_needed(),
            };
            self.partitions.insert(partition.clone(), place);
            self.known_until.begin(partition);
        }
        self.adopt(partitions, &lost, heartbeat).await?;
        // State may have been stored while the clock was ahead.
        self.evaluator.rewind(Timestamp::now());
        // Of all partitions: what an earlier attempt stored is not committed yet.
        let positions = self.partitions.iter();
        Ok(positions.map(|(p, place)| Position { partition: p.clone(), next: place.own.stored }).collect())
    }

    fn push(&mut self, batch: ReceivedBatch) {
        let ReceivedBatch { partition, records, offsets, next, .. } = &batch;
        let appended_at = batch.appended_at();
        let now = Timestamp::now();
        // Whichever clock is ahead: by one that is behind, every sample would be in the future.
        let present = now.max(appended_at);
        for (record, offset) in records.iter().zip(offsets) {
            self.take_record(partition, (partition, *offset), record, present);
        }
        self.taken += records.len();
        if let Some(place) = self.partitions.get_mut(partition) {
            if place.inlet_is_read {
                self.known_until.note(partition, appended_at.min(now));
            }
            place.own.taken = *next;
        }
    }

    /// An alert that begins or ends is stored at once.
    fn linger(&self) -> Duration {
        self.linger
    }

    fn capacity(&self) -> usize {
        if self.taken > 0 && (self.evaluator.has_news() || self.repartition.is_full()) {
            return 0;
        }
        MAX_TAKEN.saturating_sub(self.taken).min(MAX_DELIVERY)
    }

    async fn store(&mut self, heartbeat: &Heartbeat) -> Result<Vec<Position>, PortError> {
        heartbeat.waiting("bus", self.repartition.publish(&*self.bus)).await?;
        let findings = self.storing.take().unwrap_or_else(|| Arc::new(self.findings()));
        let evaluation = self.storing.insert(findings);
        if **evaluation != Evaluation::default() {
            self.alerts.store(Arc::clone(evaluation)).await?;
        }
        let alerts_changed = !evaluation.alerts.is_empty();
        self.linger = linger_after(evaluation.memories.len());
        let moved = evaluation.advances.iter().filter(|advance| Some(advance.next) != advance.expected);
        let moved: Vec<_> = moved.map(|Advance { partition, next, .. }| (partition.clone(), *next)).collect();
        (self.storing, self.taken, self.has_taken_loose) = (None, 0, false);
        let mut positions = Vec::with_capacity(moved.len());
        for (partition, next) in moved {
            if self.repartition.is_inlet(&partition) {
                let home = TopicPartition::new(self.topic.clone(), partition.partition);
                if let Some(place) = self.partitions.get_mut(&home) {
                    place.inlet.stored = next;
                }
                continue;
            }
            if let Some(place) = self.partitions.get_mut(&partition) {
                place.own.stored = next;
            }
            positions.push(Position { partition, next });
        }
        if alerts_changed {
            self.news.notify_one();
        }
        Ok(positions)
    }

    fn reset(&mut self) {
        self.evaluator.forget_all();
        self.repartition.forget();
        self.loose.forget();
        self.partitions.clear();
        self.known_until = KnownUntil::default();
        (self.storing, self.taken, self.has_taken_loose) = (None, 0, false);
    }

    fn release(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.loose.release(partition);
            self.evaluator.forget(partition);
            self.partitions.remove(partition);
            self.known_until.end(partition);
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        Some(self.tick_at)
    }

    async fn on_deadline(&mut self, heartbeat: &Heartbeat) -> bool {
        self.tick_at = Instant::now() + TICK_EVERY;
        let taken = self.taken;
        heartbeat.waiting("bus", self.take_passed_on()).await;
        let has_news = heartbeat.waiting("bus", self.tick(Timestamp::now())).await;
        has_news || self.taken > taken || self.has_taken_loose || self.has_other_rules()
    }
}

#[cfg(test)]
mod tests;
