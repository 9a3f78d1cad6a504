//! Evaluating the rules: from the records of one topic to alerts.

mod known_until;
mod loose;
mod pace;
mod reading;
mod repartition;

use crate::metrics::NotifierMetrics;
use bytes::Bytes;
use known_until::KnownUntil;
use loose::{Held, Loose};
use pace::linger_after;
use reading::{Reading, Said};
use repartition::Repartition;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{Alert, Sample, Timestamp};
use watchkeeper_ports::{
    Advance, AlertKey, AlertStore, Evaluation, EventBus, Extent, Group, Memory, Offset, Page, PortError,
    Position, ReceivedBatch, Record, Topic, TopicId, TopicPartition,
};
use watchkeeper_rules::{Evaluator, Rule, RuleSet};
use watchkeeper_runtime::Heartbeat;
use watchkeeper_runtime::consumer::{Consumer, resume};

/// How often the evaluator looks at what has passed without a record: a rule that has held for long enough,
/// a series that fell silent.
pub(crate) const TICK_EVERY: Duration = Duration::from_secs(1);
/// Most records that are taken before the memories are stored: it bounds the transaction.
pub(crate) const MAX_TAKEN: usize = 50_000;
/// Most records of one delivery, so that a tick is not put off for long.
const MAX_DELIVERY: usize = 5_000;
/// Memories that are recalled with one question.
const PAGE_MEMORIES: usize = 5_000;
/// Alerts that are read with one question.
const PAGE_ALERTS: usize = 1_000;
/// How long a sample that another member passes on may be on its way: so long time waits for it.
const IN_TRANSIT: Duration = Duration::from_secs(3);
/// How often it is looked whether the repartition topic was created anew.
const LOOK_EVERY: Duration = Duration::from_secs(10);
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
    repartition: Repartition,
    loose: Loose,
    evaluator: Evaluator,
    /// Which topic it consumes.
    topic_id: TopicId,
    partitions: BTreeMap<TopicPartition, Place>,
    known_until: KnownUntil,
    /// Records taken since the last store.
    taken: usize,
    /// Whether samples that had waited were taken since then: positions can move.
    has_taken_loose: bool,
    /// When it is looked again whether the repartition topic is still the same.
    look_at: Instant,
    /// Why what other members pass on cannot be read, if it has been logged.
    obstacle: Option<String>,
    /// How long what is remembered of series, and the position with it, may be ahead of what is stored.
    linger: Duration,
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
    /// Of its own records.
    own: Reach,
    /// Of what other members pass on to it.
    inlet: Reach,
    /// Whether all of that was taken when it was last looked.
    inlet_is_read: bool,
}

/// How far a log was evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reach {
    /// Where the store has the position.
    stored: Offset,
    /// The offset after the last record that was taken.
    taken: Offset,
}

impl Reach {
    const fn from(next: Offset) -> Self {
        Self { stored: next, taken: next }
    }

    fn has_moved(self) -> bool {
        self.taken != self.stored
    }
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
            repartition: Repartition::of(&topic),
            loose: Loose::default(),
            topic,
            evaluator: Evaluator::new(rules),
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
            self.take_loose(Timestamp::MAX);
        }
        self.ticked = now;
        // What was appended before `now` lies before these ends. A bus that is away says nothing, and then
        // no time passes.
        if let Ok(extents) = self.bus.extents(&self.topic).await {
            for (partition, place) in &self.partitions {
                let extent = extents.iter().find(|extent| extent.partition == *partition);
                let is_read = extent.is_none_or(|extent| place.own.taken.max(extent.earliest) >= extent.end);
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

    /// Notes that the partition was assigned once more; from then on nobody else stores anything of it.
    async fn take_over(&self, partition: &TopicPartition) -> Result<Offset, PortError> {
        let group = Group::named(ASSIGNMENTS);
        let expected = self.alerts.position(&group, partition, &self.topic_id).await?.next();
        let next = expected + 1;
        let advances = vec![self.advance(group, partition, expected, next)];
        self.alerts.store(&Arc::new(Evaluation { advances, ..Evaluation::default() })).await?;
        Ok(next)
    }

    /// Takes the record at `offset` of `log`, which is a partition or its inlet; `present` is the latest time at which it
    /// can have been made.
    fn take_record(
        &mut self,
        partition: &TopicPartition,
        (log, offset): (&TopicPartition, Offset),
        record: Record<'_>,
        present: Timestamp,
    ) {
        match self.reading.read(record, present) {
            Ok(Said::Sample(sample)) => {
                let has_its_key = log == partition && record.key == sample.series.key().as_bytes();
                if has_its_key || !self.repartition.is_needed() {
                    return self.observe(partition, &sample);
                }
                let held = Held { log: log.clone(), offset, partition: partition.clone(), sample };
                if let Some(Held { partition, sample, .. }) = self.loose.hold(held, present) {
                    self.observe(&partition, &sample);
                }
            }
            Ok(Said::Letter { at, reason }) => self.evaluator.observe_letter(partition, at, reason),
            Ok(Said::Copy) => self.metrics.copies.inc(),
            Ok(Said::Nothing) => {}
            Err(_) => self.metrics.undecodable.inc(),
        }
    }

    /// Takes the samples without a key that were read up to this time.
    fn take_loose(&mut self, read_until: Timestamp) {
        while let Some(Held { partition, sample, .. }) = self.loose.next_until(read_until) {
            self.has_taken_loose = true;
            self.observe(&partition, &sample);
        }
    }

    /// Takes a sample to its home, or keeps it for the member that has that.
    fn observe(&mut self, partition: &TopicPartition, sample: &Sample) {
        let home = self.repartition.home(sample.series.key());
        if home == partition.partition {
            return self.evaluator.observe(partition, sample);
        }
        self.metrics.repartitioned.inc();
        let home = TopicPartition::new(self.topic.clone(), home);
        if self.partitions.contains_key(&home) {
            self.evaluator.observe(&home, sample);
        } else {
            self.repartition.pass_on(sample);
        }
    }

    /// Takes what other members have passed on. While that cannot be read, no time passes.
    async fn take_passed_on(&mut self) {
        let obstacle = self.try_take_passed_on().await.err().map(|error| error.to_string());
        if let Some(obstacle) = &obstacle {
            self.partitions.values_mut().for_each(|place| place.inlet_is_read = false);
            if self.obstacle.is_none() {
                tracing::warn!(obstacle, "cannot read what other notifiers pass on: rules wait for it");
            }
        }
        self.obstacle = obstacle;
    }

    async fn try_take_passed_on(&mut self) -> Result<(), PortError> {
        if !self.repartition.is_needed() {
            return Ok(());
        }
        let is_replaced = self.look_at <= Instant::now() && self.repartition.is_replaced(&*self.bus).await?;
        for extent in self.bus.extents(self.repartition.topic()).await? {
            let home = TopicPartition::new(self.topic.clone(), extent.partition.partition);
            let Some(&Place { inlet, .. }) = self.partitions.get(&home) else { continue };
            if (is_replaced || inlet.taken > extent.end) && !inlet.has_moved() {
                self.begin_inlet_anew(&home, &extent).await?;
            }
            self.take_inlet(&home, &extent).await?;
        }
        if self.look_at <= Instant::now() {
            self.look_at = Instant::now() + LOOK_EVERY;
        }
        Ok(())
    }

    async fn take_inlet(&mut self, home: &TopicPartition, extent: &Extent) -> Result<(), PortError> {
        while let Some(place) = self.partitions.get_mut(home) {
            let from = place.inlet.taken.max(extent.earliest);
            place.inlet_is_read = from >= extent.end;
            if place.inlet_is_read || self.room() == 0 {
                break;
            }
            let batch = self.bus.read(&extent.partition, from, self.room()).await?;
            let present = Timestamp::now().max(batch.appended_at);
            for (record, offset) in batch.records.iter().zip(&batch.offsets) {
                self.take_record(home, (&extent.partition, *offset), record, present);
            }
            self.taken += batch.records.len();
            if let Some(place) = self.partitions.get_mut(home) {
                place.inlet.taken = batch.next;
            }
            if batch.next <= from {
                break;
            }
        }
        Ok(())
    }

    /// The repartition topic was created anew, or ends before where it was read to.
    async fn begin_inlet_anew(&mut self, home: &TopicPartition, extent: &Extent) -> Result<(), PortError> {
        self.repartition.begin(&*self.bus, &self.topic).await?;
        let stored = self.repartition.position(&self.alerts, home).await?;
        let taken = if stored > extent.end { extent.earliest } else { stored };
        if let Some(place) = self.partitions.get_mut(home) {
            place.inlet = Reach { stored, taken };
            place.inlet_is_read = false;
        }
        Ok(())
    }

    fn advance(&self, group: Group, partition: &TopicPartition, expected: Offset, next: Offset) -> Advance {
        Advance { group, partition: partition.clone(), topic_id: self.topic_id.clone(), expected, next }
    }

    /// Goes on with what is remembered of the partition's series; gives those whose memory cannot be read. What is remembered of a series that belongs to another
    /// partition is forgotten, also in the store; the alerts about it are adopted where it belongs.
    async fn recall(
        &mut self,
        partition: &TopicPartition,
        assignment: Offset,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<String>, PortError> {
        self.evaluator.forget(partition);
        let mut page = Page::first(PAGE_MEMORIES);
        let mut lost = Vec::new();
        loop {
            heartbeat.beat();
            let memories = self.alerts.memories(partition, &page).await?;
            let Some(Memory { series_key, .. }) = memories.last() else { return Ok(lost) };
            page.after = Some(series_key.clone());
            let mut moved_away = Vec::new();
            for memory in memories {
                if !self.is_at_home(partition, &memory.series_key) {
                    moved_away.push((partition.clone(), Memory { state: Bytes::new(), ..memory }));
                } else if !self.evaluator.recall(partition, &memory) {
                    lost.push(memory.series_key);
                }
            }
            if !moved_away.is_empty() {
                let is_mine = self.advance(Group::named(ASSIGNMENTS), partition, assignment, assignment);
                let forgetting =
                    Evaluation { advances: vec![is_mine], memories: moved_away, ..Evaluation::default() };
                self.alerts.store(&Arc::new(forgetting)).await?;
            }
        }
    }

    fn is_at_home(&self, partition: &TopicPartition, series_key: &str) -> bool {
        !self.repartition.is_needed() || self.repartition.home(series_key) == partition.partition
    }

    /// Whether the alert is about samples of a series of which nothing is remembered.
    fn is_unwatched(&self, home: &TopicPartition, alert: &Alert) -> bool {
        let rule = self.evaluator.rules().rule(&alert.rule);
        rule.is_none_or(Rule::is_about_samples) && !self.evaluator.remembers(home, alert.series.key())
    }

    /// Adopts the alerts that fire about series of these partitions of which nothing is remembered: those whose
    /// memory is `lost`, and those that fired while the series lay in another partition. No sample would ever clear
    /// them.
    async fn adopt(
        &mut self,
        partitions: &[TopicPartition],
        lost: &HashMap<String, TopicPartition>,
        heartbeat: &Heartbeat,
    ) -> Result<(), PortError> {
        let may_have_moved = self.repartition.is_needed();
        if lost.is_empty() && !may_have_moved {
            return Ok(());
        }
        let now = Timestamp::now();
        let mut after = None;
        loop {
            heartbeat.beat();
            let alerts = self.alerts.alerts(after.as_ref(), PAGE_ALERTS).await?;
            let Some(last_alert) = alerts.last() else { return Ok(()) };
            after = Some(AlertKey::of(last_alert));
            let mut found: BTreeMap<&TopicPartition, Vec<Alert>> = BTreeMap::new();
            for alert in alerts.into_iter().filter(Alert::is_firing) {
                let key = alert.series.key();
                let home = lost.get(key).or_else(|| {
                    let home = partitions.iter().find(|partition| self.is_at_home(partition, key));
                    home.filter(|home| may_have_moved && self.is_unwatched(home, &alert))
                });
                if let Some(home) = home {
                    found.entry(home).or_default().push(alert);
                }
            }
            for (home, alerts) in found {
                self.evaluator.adopt(home, &alerts, now);
            }
        }
    }

    /// What there is to store. It names every partition it may be about, also where the position stays.
    fn findings(&mut self) -> Evaluation {
        let found = self.evaluator.drain();
        let is_empty = found.memories.is_empty() && found.alerts.is_empty();
        // A sample that waits is not done with.
        let done = |log: &TopicPartition, reach: Reach| {
            let taken = self.loose.first_offset(log).map_or(reach.taken, |first| reach.taken.min(first));
            Reach { taken, ..reach }
        };
        let places = self.partitions.iter().map(|(partition, place)| {
            let inlet = done(&self.repartition.inlet(partition), place.inlet);
            (partition, place.assignment, done(partition, place.own), inlet)
        });
        let concerned = places.filter(|(.., own, inlet)| !is_empty || own.has_moved() || inlet.has_moved());
        let advances = concerned.flat_map(|(partition, assignment, own, inlet)| {
            let is_mine = self.advance(Group::named(ASSIGNMENTS), partition, assignment, assignment);
            let own = self.advance(Group::NOTIFIER, partition, own.stored, own.taken);
            let inlet = inlet.has_moved().then(|| Advance {
                group: Group::NOTIFIER,
                partition: self.repartition.inlet(partition),
                topic_id: self.repartition.topic_id().clone(),
                expected: inlet.stored,
                next: inlet.taken,
            });
            [is_mine, own].into_iter().chain(inlet)
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
        if !self.topic.is_dead_letters() {
            heartbeat.waiting("bus", self.repartition.begin(&*self.bus, &self.topic)).await?;
        }
        let mut positions = Vec::with_capacity(partitions.len());
        let mut lost = HashMap::new();
        for partition in partitions {
            let assignment = self.take_over(partition).await?;
            let stored = self.alerts.position(&Group::NOTIFIER, partition, topic_id).await?;
            let position = resume(&Group::NOTIFIER, partition, topic_id, &stored);
            let inlet = self.repartition.position(&self.alerts, partition).await?;
            let unreadable = self.recall(partition, assignment, heartbeat).await?;
            lost.extend(unreadable.into_iter().map(|series_key| (series_key, partition.clone())));
            let place = Place {
                assignment,
                own: Reach::from(position.next),
                inlet: Reach::from(inlet),
                inlet_is_read: !self.repartition.is_needed(),
            };
            self.partitions.insert(partition.clone(), place);
            self.known_until.begin(partition);
            positions.push(position);
        }
        self.adopt(partitions, &lost, heartbeat).await?;
        // It may have been remembered while the clock was ahead.
        self.evaluator.rewind(Timestamp::now());
        Ok(positions)
    }

    fn take(&mut self, batch: ReceivedBatch) {
        let ReceivedBatch { partition, records, offsets, next, appended_at } = &batch;
        let now = Timestamp::now();
        // Whichever clock is further on: by one that is behind, nothing could be measured yet.
        let present = now.max(*appended_at);
        for (record, offset) in records.iter().zip(offsets) {
            self.take_record(partition, (partition, *offset), record, present);
        }
        self.taken += records.len();
        if let Some(place) = self.partitions.get_mut(partition) {
            if place.inlet_is_read {
                self.known_until.note(partition, (*appended_at).min(now));
            }
            place.own.taken = *next;
        }
    }

    /// An alert that begins or ends is stored at once.
    fn linger(&self) -> Duration {
        self.linger
    }

    fn room(&self) -> usize {
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
            self.alerts.store(evaluation).await?;
        }
        let alerts_changed = !evaluation.alerts.is_empty();
        self.linger = linger_after(evaluation.memories.len());
        // No assignment is among them: these stay as they are.
        let moved = evaluation.advances.iter().filter(|advance| advance.next != advance.expected);
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

    fn forget(&mut self) {
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

    fn wake_at(&self) -> Option<Instant> {
        Some(self.tick_at)
    }

    async fn wake(&mut self, heartbeat: &Heartbeat) -> bool {
        self.tick_at = Instant::now() + TICK_EVERY;
        let taken = self.taken;
        heartbeat.waiting("bus", self.take_passed_on()).await;
        let has_news = heartbeat.waiting("bus", self.tick(Timestamp::now())).await;
        has_news || self.taken > taken || self.has_taken_loose
    }
}

#[cfg(test)]
mod tests;
