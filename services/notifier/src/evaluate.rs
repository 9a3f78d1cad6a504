//! Evaluating the rules: from the records of one topic to alerts.

mod known_until;
mod reading;

use crate::metrics::NotifierMetrics;
use known_until::KnownUntil;
use reading::Reading;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::{
    Advance, AlertKey, AlertStore, Evaluation, EventBus, Group, Memory, Offset, Page, PortError, Position,
    ReceivedBatch, Topic, TopicId, TopicPartition,
};
use watchkeeper_rules::{Evaluator, RuleSet};
use watchkeeper_runtime::Heartbeat;
use watchkeeper_runtime::consumer::{Consumer, resume};

/// How often the evaluator looks at what has passed without a record: a rule that has held for long enough,
/// a series that fell silent.
pub(crate) const TICK_EVERY: Duration = Duration::from_secs(1);
/// How long what is remembered of series may be ahead of what is stored. An alert that begins or ends is
/// stored at once.
pub(crate) const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);
/// Most records that are taken before the memories are stored: it bounds the transaction.
pub(crate) const MAX_TAKEN: usize = 50_000;
/// Most records of one delivery, so that a tick is not put off for long.
const MAX_DELIVERY: usize = 5_000;
/// Memories that are recalled with one question.
const PAGE_MEMORIES: usize = 5_000;
/// Alerts that are read with one question.
const PAGE_ALERTS: usize = 1_000;
/// The group whose positions are no offsets but count how often a partition was assigned. Who finds that it
/// was assigned to another since stores nothing more, also where only time has passed and no offset moves.
const ASSIGNMENTS: &str = "notifier assignments";

/// A consumer that evaluates the rules over what it takes.
pub(crate) struct Evaluating {
    bus: Arc<dyn EventBus>,
    alerts: Arc<dyn AlertStore>,
    metrics: Arc<NotifierMetrics>,
    topic: Topic,
    reading: Reading,
    evaluator: Evaluator,
    /// Which topic it consumes.
    topic_id: TopicId,
    partitions: BTreeMap<TopicPartition, Place>,
    known_until: KnownUntil,
    /// Records taken since the last store.
    taken: usize,
    /// What is being stored: after a failure the same is tried again.
    storing: Option<Arc<Evaluation>>,
    tick_at: Instant,
    /// What the clock showed at the last tick.
    ticked: Timestamp,
    /// Told when alerts were stored.
    news: Arc<Notify>,
}

/// How far one partition was evaluated.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// How often the partition has been assigned.
    assignment: Offset,
    /// Where the store has the position.
    stored: Offset,
    /// The offset after the last record that was taken.
    taken: Offset,
}

impl Evaluating {
    /// Evaluates `rules` over `topic`; `news` is told when an alert was stored.
    pub(crate) fn new(
        topic: Topic,
        rules: Arc<RuleSet>,
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
            topic,
            evaluator: Evaluator::new(rules),
            topic_id: TopicId::default(),
            partitions: BTreeMap::new(),
            known_until: KnownUntil::default(),
            taken: 0,
            storing: None,
            tick_at: Instant::now(),
            ticked: Timestamp::MIN,
            news,
        }
    }

    /// Lets the time pass that is known to have brought nothing more; `now` is the wall clock's. Whether an
    /// alert has begun or ended.
    pub(crate) async fn tick(&mut self, now: Timestamp) -> bool {
        if self.partitions.is_empty() {
            return false;
        }
        if self.ticked > latest_possible(now) {
            tracing::warn!(before = %self.ticked, %now, "the clock was set back: rules go on from now");
            self.known_until.rewind(now);
            self.evaluator.rewind(now);
        }
        self.ticked = now;
        // What was appended before `now` lies before these ends. A bus that is away says nothing, and then
        // no time passes.
        if let Ok(extents) = self.bus.extents(&self.topic).await {
            for (partition, place) in &self.partitions {
                let extent = extents.iter().find(|extent| extent.partition == *partition);
                if extent.is_none_or(|extent| place.taken.max(extent.earliest) >= extent.end) {
                    self.known_until.note(partition, now);
                }
            }
        }
        if let Some(horizon) = self.known_until.all() {
            self.evaluator.tick(horizon);
            let (watched, refused) = (self.evaluator.watched(), self.evaluator.refused());
            self.metrics.evaluated(&self.topic, horizon, watched, refused);
        }
        self.evaluator.has_news()
    }

    /// Notes that the partition was assigned once more; from then on nobody else stores anything of it.
    async fn take_over(&self, partition: &TopicPartition) -> Result<Offset, PortError> {
        let group = Group::named(ASSIGNMENTS);
        let expected = self.alerts.position(&group, partition, &self.topic_id).await?.next();
        let next = expected + 1;
        let advances = vec![self.advance(group, partition, expected, next)];
        self.alerts.store(&Arc::new(Evaluation { advances, ..Evaluation::default() })).await?;
        Ok(next)
    }

    fn advance(&self, group: Group, partition: &TopicPartition, expected: Offset, next: Offset) -> Advance {
        Advance { group, partition: partition.clone(), topic_id: self.topic_id.clone(), expected, next }
    }

    async fn recall(&mut self, partition: &TopicPartition, heartbeat: &Heartbeat) -> Result<(), PortError> {
        self.evaluator.forget(partition);
        let mut page = Page::first(PAGE_MEMORIES);
        let mut lost = HashSet::new();
        loop {
            heartbeat.beat();
            let memories = self.alerts.memories(partition, &page).await?;
            let Some(Memory { series_key, .. }) = memories.last() else { break };
            page.after = Some(series_key.clone());
            for memory in &memories {
                if !self.evaluator.recall(partition, memory) {
                    lost.insert(memory.series_key.clone());
                }
            }
        }
        let now = Timestamp::now();
        if !lost.is_empty() {
            let alerts = self.firing_about(&lost, heartbeat).await?;
            self.evaluator.adopt(partition, &alerts, now);
        }
        // It may have been remembered while the clock was ahead.
        self.evaluator.rewind(now);
        Ok(())
    }

    /// The alerts that fire about series of which nothing is remembered. No sample would ever clear them.
    async fn firing_about(
        &self,
        series_keys: &HashSet<String>,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<Alert>, PortError> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            heartbeat.beat();
            let alerts = self.alerts.alerts(after.as_ref(), PAGE_ALERTS).await?;
            let Some(last) = alerts.last() else { return Ok(found) };
            after = Some(AlertKey::of(last));
            let is_meant = |alert: &Alert| alert.is_firing() && series_keys.contains(alert.series.key());
            found.extend(alerts.into_iter().filter(is_meant));
        }
    }

    /// What there is to store. It names every partition it may be about, also where the position stays.
    fn findings(&mut self) -> Evaluation {
        let found = self.evaluator.drain();
        let is_empty = found.memories.is_empty() && found.alerts.is_empty();
        let concerned = self.partitions.iter().filter(|(_, place)| !is_empty || place.taken != place.stored);
        let advances = concerned.flat_map(|(partition, &Place { assignment, stored, taken })| {
            let is_mine = self.advance(Group::named(ASSIGNMENTS), partition, assignment, assignment);
            [is_mine, self.advance(Group::NOTIFIER, partition, stored, taken)]
        });
        Evaluation { advances: advances.collect(), memories: found.memories, alerts: found.alerts }
    }
}

impl Consumer for Evaluating {
    const STORE: &'static str = "store";

    async fn check(&self) -> Result<(), PortError> {
        self.alerts.check().await
    }

    /// The store knows best, and what it remembers is as of the position it has.
    async fn begin(
        &mut self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<Position>, PortError> {
        self.topic_id = topic_id.clone();
        let mut positions = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let assignment = self.take_over(partition).await?;
            let stored = self.alerts.position(&Group::NOTIFIER, partition, topic_id).await?;
            let position = resume(&Group::NOTIFIER, partition, topic_id, &stored);
            let next = position.next;
            self.recall(partition, heartbeat).await?;
            self.partitions.insert(partition.clone(), Place { assignment, stored: next, taken: next });
            self.known_until.begin(partition);
            positions.push(position);
        }
        Ok(positions)
    }

    fn take(&mut self, batch: ReceivedBatch) {
        let ReceivedBatch { partition, records, next, appended_at, .. } = &batch;
        let now = Timestamp::now();
        // Whichever clock is further on: by one that is behind, nothing could be measured yet.
        let present = now.max(*appended_at);
        for record in records.iter() {
            if self.reading.observe(&mut self.evaluator, partition, record, present).is_err() {
                self.metrics.undecodable.inc();
            }
        }
        self.taken += records.len();
        self.known_until.note(partition, (*appended_at).min(now));
        if let Some(place) = self.partitions.get_mut(partition) {
            place.taken = *next;
        }
    }

    fn linger(&self) -> Duration {
        CHECKPOINT_EVERY
    }

    fn room(&self) -> usize {
        if self.taken > 0 && self.evaluator.has_news() {
            return 0;
        }
        MAX_TAKEN.saturating_sub(self.taken).min(MAX_DELIVERY)
    }

    async fn store(&mut self, _: &Heartbeat) -> Result<Vec<Position>, PortError> {
        let findings = self.storing.take().unwrap_or_else(|| Arc::new(self.findings()));
        let evaluation = self.storing.insert(findings);
        if **evaluation != Evaluation::default() {
            self.alerts.store(evaluation).await?;
        }
        let alerts_changed = !evaluation.alerts.is_empty();
        // No assignment is among them: these stay as they are.
        let moved = evaluation.advances.iter().filter(|advance| advance.next != advance.expected);
        let moved: Vec<_> = moved.map(|Advance { partition, next, .. }| (partition.clone(), *next)).collect();
        (self.storing, self.taken) = (None, 0);
        let mut positions = Vec::with_capacity(moved.len());
        for (partition, next) in moved {
            if let Some(place) = self.partitions.get_mut(&partition) {
                place.stored = next;
            }
            positions.push(Position { partition, next });
        }
        if alerts_changed {
            self.news.notify_one();
        }
        Ok(positions)
    }

    fn forget(&mut self) {
        self.evaluator.forget_all();
        self.partitions.clear();
        self.known_until = KnownUntil::default();
        (self.storing, self.taken) = (None, 0);
    }

    fn release(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.evaluator.forget(partition);
            self.partitions.remove(partition);
            self.known_until.end(partition);
        }
    }

    fn wake_at(&self) -> Option<Instant> {
        Some(self.tick_at)
    }

    async fn wake(&mut self, heartbeat: &Heartbeat) -> bool {
        self.tick_at = Instant::now() + TICK_EVERY;
        heartbeat.waiting("bus", self.tick(Timestamp::now())).await
    }
}

#[cfg(test)]
mod tests;
