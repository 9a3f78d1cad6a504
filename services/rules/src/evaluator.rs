//! Evaluates rules over samples.

mod candidates;
mod cell;
mod news;
mod orphan;
mod partition;
mod series_id;
mod shared;
mod watched;

use crate::condition::{Heard, Seen};
use crate::rule_set::RuleSet;
use candidates::Candidates;
use partition::Partition;
use shared::{Bounds, Shared};
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Sample, Series, Timestamp};
use watchkeeper_ports::{Memory, TopicPartition};

/// Most series that one evaluator keeps state for.
pub const MAX_WATCHED: usize = 1_000_000;
/// Most series of one partition without state, for which only the list of rules is cached. When there are more, the
/// cache is dropped and rebuilt.
const MAX_RESTING: usize = 1_000_000;

/// Changes since the last [`Evaluator::drain`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The new state of changed series, replacing the stored one; empty where none is needed.
    pub memories: Vec<(TopicPartition, Memory)>,
    /// Alerts that have begun to fire or have cleared, each once and in its current state.
    pub alerts: Vec<Alert>,
    /// Those of them that had cleared before, and fire again since.
    pub past: Vec<Alert>,
}

/// Evaluates rules over the partitions assigned to one member of the consumer group.
///
/// Time is the time of the samples: results depend on them, not on when they are processed. Events without a sample
/// (a condition that has held for long enough, a missing sample) happen before the series' next sample, or with
/// [`Self::tick`] if there is none.
///
/// For a resting series nothing is stored, not even the time of its newest sample: after a restart the first sample
/// counts as new.
#[derive(Debug)]
pub struct Evaluator {
    partitions: HashMap<TopicPartition, Partition>,
    shared: Shared,
}

impl Evaluator {
    /// An evaluator without any series.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        Self::with_bounds(rules, Bounds { watched: MAX_WATCHED, resting: MAX_RESTING })
    }

    fn with_bounds(rules: Arc<RuleSet>, bounds: Bounds) -> Self {
        Self { partitions: HashMap::new(), shared: Shared::new(rules, bounds) }
    }

    /// The rules that it evaluates.
    pub fn rules(&self) -> &Arc<RuleSet> {
        self.shared.candidates.rules()
    }

    /// Restores the drained state of a series, of this evaluator or another, before the partition's first sample. An
    /// alert whose rule was removed, or no longer selects the series, clears with the next [`Self::tick`].
    ///
    /// Returns whether the state could be read; if not it is ignored, and the alerts that fire for the series must be
    /// [adopted](Self::adopt).
    pub fn recall(&mut self, partition: &TopicPartition, memory: &Memory) -> bool {
        let (partition, shared) = self.partition(partition);
        partition.recall(memory, shared)
    }

    /// Continues alerts that fire for series without state. The next sample newer than `now` decides whether they
    /// clear; without one they clear when the series becomes stale.
    pub fn adopt(&mut self, partition: &TopicPartition, alerts: &[Alert], now: Timestamp) {
        let (partition, shared) = self.partition(partition);
        partition.adopt(alerts, now, shared);
    }

    /// Whether there is state for a series.
    pub fn remembers(&self, partition: &TopicPartition, series_key: &str) -> bool {
        let id = self.shared.ids.of(series_key);
        self.partitions.get(partition).is_some_and(|partition| partition.watches(id))
    }

    /// Drops a revoked partition, including what was not drained.
    pub fn forget(&mut self, partition: &TopicPartition) {
        let Some(forgotten) = self.partitions.remove(partition) else { return };
        self.shared.watched -= forgotten.watched();
    }

    /// Drops every partition, including what was not drained.
    pub fn forget_all(&mut self) {
        self.partitions.clear();
        self.shared.watched = 0;
    }

    /// Resets the time to `now`, although later samples were processed while a clock was ahead. Series whose newest
    /// sample is in the future continue with their firing alerts and no other state.
    pub fn rewind(&mut self, now: Timestamp) {
        for partition in self.partitions.values_mut() {
            partition.rewind(now, &mut self.shared);
        }
    }

    /// Processes a sample. One that is not newer than the newest of its series has no effect.
    pub fn observe(&mut self, partition: &TopicPartition, sample: &Sample) {
        let (partition, shared) = self.partition(partition);
        partition.observe(sample, shared);
    }

    /// Processes a sample by which rules divide samples of the series `dividend`, whose partition it is: one of
    /// [`RuleSet::dividends_of`]. Those of one instant must come before the samples that they divide. Returns whether
    /// the series is known: else the sample has no effect, and may come again after the first of that series.
    pub fn observe_divisor(
        &mut self,
        partition: &TopicPartition,
        dividend: &Series,
        divisor: &Sample,
    ) -> bool {
        let (partition, shared) = self.partition(partition);
        let seen = Seen { at: divisor.collected_at, value: divisor.value };
        partition.observe_divisor(dividend, (&divisor.series, seen), shared)
    }

    /// Processes that heartbeats of `series`, which is a [`state_series`](crate::state_series) of this partition, could
    /// be received from `since` until `until`. Only this lets time pass for them.
    pub fn listen(
        &mut self,
        partition: &TopicPartition,
        series: &Series,
        since: Timestamp,
        until: Timestamp,
    ) {
        let (partition, shared) = self.partition(partition);
        partition.listen(series, Heard { since, until }, shared);
    }

    /// Processes a rejected record: when and why it was rejected; `partition` is of the dead-letter topic.
    pub fn observe_letter(&mut self, partition: &TopicPartition, at: Timestamp, reason: &str) {
        let (partition, shared) = self.partition(partition);
        partition.observe_letter(at, reason, shared);
    }

    /// Advances time to `horizon`: no older sample is expected any more, so a missing one is absent.
    pub fn tick(&mut self, horizon: Timestamp) {
        for partition in self.partitions.values_mut() {
            partition.tick(horizon, &mut self.shared);
        }
    }

    /// Replaces the rules. The result is that of a new evaluator with these rules that [recalls](Self::recall)
    /// everything drained from this one. Returns the findings of the old rules that were not drained yet.
    pub fn reload(&mut self, rules: Arc<RuleSet>) -> Findings {
        // First, so that no finding of the old rules is lost or repeated by the new ones.
        let findings = self.drain();
        let before = std::mem::replace(&mut self.shared.candidates, Candidates::new(rules));
        for partition in self.partitions.values_mut() {
            partition.reload(&before, &mut self.shared);
        }
        findings
    }

    /// Whether an alert has begun to fire or has cleared since the last [`Self::drain`].
    pub fn has_news(&self) -> bool {
        self.partitions.values().any(Partition::has_news)
    }

    /// Returns all changes. If they are stored in one transaction with the positions of the processed records, a
    /// restart neither loses nor duplicates anything.
    pub fn drain(&mut self) -> Findings {
        let mut findings = Findings::default();
        for partition in self.partitions.values_mut() {
            partition.drain(&mut findings, &mut self.shared);
        }
        findings
    }

    /// The number of series with state.
    pub fn watched(&self) -> usize {
        self.shared.watched
    }

    /// How many samples were skipped because their series needs state and [`MAX_WATCHED`] series have some.
    pub fn refused(&self) -> u64 {
        self.shared.refused
    }

    /// A new partition has no series yet.
    fn partition(&mut self, name: &TopicPartition) -> (&mut Partition, &mut Shared) {
        if !self.partitions.contains_key(name) {
            self.partitions.insert(name.clone(), Partition::new(name.clone()));
        }
        let partition = self.partitions.get_mut(name).expect("it was there, or has been inserted");
        (partition, &mut self.shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Routing;
    use watchkeeper_config::Document;
    use watchkeeper_ports::Topic;

    const BOUNDS: Bounds = Bounds { watched: 3, resting: 5 };

    fn evaluator(condition: &str) -> Evaluator {
        let text = format!("[[rule]]\nname = \"r\"\nmatch = ['source=\"a\"']\n{condition}");
        let document = Document::parse("rules.toml", &text).unwrap();
        let rules = document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap();
        Evaluator::with_bounds(Arc::new(rules), BOUNDS)
    }

    fn partition() -> TopicPartition {
        TopicPartition::new(Topic::METRICS, 0)
    }

    fn observe(evaluator: &mut Evaluator, name: usize, second: i64, value: f64) {
        let series = Arc::new(Series::new("a", &format!("n{name}"), "", &[]).unwrap());
        let collected_at = Timestamp::from_micros(second * 1_000_000).unwrap();
        evaluator.observe(&partition(), &Sample::new(series, collected_at, value));
    }

    #[test]
    fn as_many_series_are_watched_as_the_bound_allows_and_those_go_on() {
        let mut evaluator = evaluator("threshold = { above = 5 }");
        for name in 0..=BOUNDS.watched {
            observe(&mut evaluator, name, 10, 9.0);
        }
        assert_eq!((evaluator.watched(), evaluator.refused()), (BOUNDS.watched, 1));
        assert_eq!(evaluator.drain().alerts.len(), BOUNDS.watched);
        for name in 0..BOUNDS.watched {
            observe(&mut evaluator, name, 20, 1.0);
        }
        assert_eq!(evaluator.drain().alerts.len(), BOUNDS.watched);
        observe(&mut evaluator, BOUNDS.watched, 30, 9.0);
        assert_eq!((evaluator.watched(), evaluator.drain().alerts.len()), (1, 1));
    }

    #[test]
    fn after_the_clock_has_come_back_series_go_on_and_what_fires_can_clear() {
        let (ahead, now) = (1_900_000_000, 1_800_000_000);
        let mut evaluator = evaluator("threshold = { above = 5 }");
        observe(&mut evaluator, 0, now - 10, 9.0);
        observe(&mut evaluator, 1, ahead, 9.0);
        observe(&mut evaluator, 2, ahead, 1.0);
        assert_eq!(evaluator.drain().alerts.len(), 2);
        observe(&mut evaluator, 1, now, 1.0);
        assert_eq!(evaluator.drain().alerts, [], "it is not newer than what was taken in");
        evaluator.rewind(Timestamp::from_micros(now * 1_000_000).unwrap());
        let told: Vec<_> =
            evaluator.drain().memories.into_iter().map(|(_, memory)| memory.series_key).collect();
        assert_eq!(told, ["a/n1"], "what is remembered of it has changed");
        for (name, value) in [(0, 1.0), (1, 1.0), (2, 9.0)] {
            observe(&mut evaluator, name, now + 1, value);
        }
        let firing: Vec<_> = evaluator.drain().alerts.iter().map(Alert::is_firing).collect();
        assert_eq!(firing, [false, false, true]);
    }

    #[test]
    fn more_series_at_rest_than_the_bound_are_forgotten_and_the_watched_ones_are_not() {
        let mut evaluator = evaluator("threshold = { above = 5 }");
        observe(&mut evaluator, 100, 10, 9.0);
        let known = |evaluator: &Evaluator| evaluator.partitions[&partition()].known();
        for name in 0..10 * BOUNDS.resting {
            observe(&mut evaluator, name, 10, 1.0);
            assert!(known(&evaluator) <= 1 + BOUNDS.resting);
        }
        assert_eq!(evaluator.watched(), 1);
        observe(&mut evaluator, 100, 20, 1.0);
        assert_eq!(evaluator.drain().alerts.len(), 1);
    }

    #[test]
    fn what_is_pending_is_said_of_its_memory() {
        let mut evaluator = evaluator("threshold = { above = 5 }\nfor = \"1m\"");
        let pending = |evaluator: &mut Evaluator| {
            let memories = evaluator.drain().memories;
            memories.iter().map(|(_, memory)| memory.pending).collect::<Vec<_>>()
        };
        observe(&mut evaluator, 0, 10, 9.0);
        assert_eq!(pending(&mut evaluator), [true]);
        observe(&mut evaluator, 0, 80, 9.0);
        assert_eq!(pending(&mut evaluator), [false], "it fires");
        observe(&mut evaluator, 0, 90, 1.0);
        assert_eq!(pending(&mut evaluator), [false]);
    }

    #[test]
    fn what_clears_and_fires_again_between_two_drains_is_kept_as_past() {
        let mut evaluator = evaluator("threshold = { above = 5 }");
        for (second, value) in [(10, 9.0), (20, 1.0), (30, 9.0), (40, 1.0), (50, 9.0)] {
            observe(&mut evaluator, 0, second, value);
        }
        let found = evaluator.drain();
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000).unwrap();
        let times = |alerts: &[Alert]| {
            alerts.iter().map(|alert| (alert.fired_at, alert.cleared_at)).collect::<Vec<_>>()
        };
        assert_eq!(times(&found.alerts), [(at(50), None)]);
        assert_eq!(times(&found.past), [(at(10), Some(at(20))), (at(30), Some(at(40)))]);
        assert_eq!(evaluator.drain(), Findings::default());
    }
}
