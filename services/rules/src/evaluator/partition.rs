//! The series of one partition.

use super::Findings;
use super::candidates::{Candidates, ListId};
use super::news::News;
use super::orphan::Orphan;
use super::series_id::{BySeries, SeriesId};
use super::shared::Shared;
use super::watched::Watched;
use crate::condition::{Condition, Heard, LastLetter, Past, Seen, Unreadable, series_of_letters};
use crate::memory::{Remembered, RememberedRule};
use bytes::Bytes;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{Alert, Sample, Series, Timestamp};
use watchkeeper_ports::{Memory, TopicPartition};

/// The resolution of timestamps.
const MICROSECOND: Duration = Duration::from_micros(1);

/// The series of one partition.
#[derive(Debug)]
pub(super) struct Partition {
    name: TopicPartition,
    slots: BySeries<Slot>,
    /// The number of series with state.
    watched: usize,
    /// The series whose state has changed since the last drain.
    dirty: Vec<SeriesId>,
    /// Nothing happens without a sample before this; samples may have postponed it.
    due: Timestamp,
    orphans: Vec<Orphan>,
    news: News,
}

/// What is kept of one series.
#[derive(Debug)]
enum Slot {
    /// Its rules, if any, and the time of its newest sample.
    Resting { list: ListId, newest: Timestamp },
    /// Full state.
    Watched(Box<Watched>),
}

impl Slot {
    fn newest(&self) -> Timestamp {
        match self {
            Self::Resting { newest, .. } => *newest,
            Self::Watched(watched) => watched.latest().at,
        }
    }
}

impl Partition {
    pub(super) fn new(name: TopicPartition) -> Self {
        let (slots, dirty, orphans, news) = Default::default();
        Self { name, slots, watched: 0, dirty, due: Timestamp::MAX, orphans, news }
    }

    pub(super) fn watched(&self) -> usize {
        self.watched
    }

    /// Whether the series has state.
    pub(super) fn watches(&self, id: SeriesId) -> bool {
        matches!(self.slots.get(&id), Some(Slot::Watched(_)))
    }

    /// The number of known series.
    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.slots.len()
    }

    /// Processes a sample, unless it is not newer than the newest of its series.
    pub(super) fn observe(&mut self, sample: &Sample, shared: &mut Shared) {
        let (series, note) = (&*sample.series, sample.note.as_ref());
        let seen = Seen { at: sample.collected_at, value: sample.value };
        let id = shared.ids.of(series.key());
        let slot = match self.slots.entry(id) {
            Entry::Occupied(slot) if seen.at <= slot.get().newest() => return,
            Entry::Occupied(slot) => slot.into_mut(),
            Entry::Vacant(slot) => {
                let list = shared.candidates.about(&self.name, series);
                slot.insert(Slot::Resting { list, newest: seen.at })
            }
        };
        if let Slot::Resting { list, newest } = slot {
            *newest = seen.at;
            if !wakes(&shared.candidates, *list, seen) || !shared.has_room() {
                return self.forget_resting(shared.bounds.resting);
            }
            *slot = Slot::Watched(Box::new(Watched::new(series.key(), *list, seen)));
            self.watched += 1;
            shared.watched += 1;
        }
        if let Slot::Watched(watched) = slot {
            let due = watched.observe(seen, note, &shared.candidates, &mut self.news);
            self.due = due.into_iter().fold(self.due, Timestamp::min);
            watched.mark(id, &mut self.dirty);
        }
    }

    /// Processes a value of the series `divisor`, by which rules divide the series `dividend` of this partition.
    /// Returns whether that series is known.
    pub(super) fn observe_divisor(
        &mut self,
        dividend: &Series,
        (divisor, seen): (&Series, Seen),
        shared: &Shared,
    ) -> bool {
        let id = shared.ids.of(dividend.key());
        let Some(Slot::Watched(watched)) = self.slots.get_mut(&id) else { return false };
        if watched.observe_divisor(dividend, (divisor, seen), &shared.candidates) {
            watched.mark(id, &mut self.dirty);
        }
        true
    }

    /// Processes a time during which heartbeats of the series could be received. It may have no report yet.
    pub(super) fn listen(&mut self, series: &Series, heard: Heard, shared: &mut Shared) {
        let id = shared.ids.of(series.key());
        let list = shared.candidates.about(&self.name, series);
        let waits = |index: &u16| matches!(shared.candidates.rule(*index).condition, Condition::Heartbeat(_));
        if !shared.candidates.list(list).iter().any(waits) {
            return;
        }
        if !matches!(self.slots.get(&id), Some(Slot::Watched(_))) {
            if !shared.has_room() {
                return;
            }
            let newest = self.slots.get(&id).map_or(Timestamp::MIN, Slot::newest);
            let watched = Watched::new(series.key(), list, Seen { at: newest, value: 0.0 });
            self.slots.insert(id, Slot::Watched(Box::new(watched)));
            self.watched += 1;
            shared.watched += 1;
        }
        if let Some(Slot::Watched(watched)) = self.slots.get_mut(&id) {
            watched.listen(heard, &shared.candidates, &mut self.news);
            watched.mark(id, &mut self.dirty);
        }
    }

    /// Drops the resting series if there are more than `most`. The cost: their rules are determined again, and one
    /// late sample of each may count as new.
    fn forget_resting(&mut self, most: usize) {
        if self.slots.len() - self.watched > most {
            self.slots.retain(|_, slot| matches!(slot, Slot::Watched(_)));
        }
    }

    /// Processes a rejected record.
    pub(super) fn observe_letter(&mut self, at: Timestamp, reason: &str, shared: &mut Shared) {
        let Some(series) = series_of_letters(&self.name) else { return };
        let id = shared.ids.of(series.key());
        let list = shared.candidates.about(&self.name, &series);
        if shared.candidates.list(list).is_empty() {
            return;
        }
        if !matches!(self.slots.get(&id), Some(Slot::Watched(_))) {
            let watched = Watched::new(series.key(), list, Seen { at, value: 0.0 });
            self.slots.insert(id, Slot::Watched(Box::new(watched)));
            self.watched += 1;
            shared.watched += 1;
        }
        let Some(Slot::Watched(watched)) = self.slots.get_mut(&id) else { return };
        let past = Past::LastLetter(Box::new(LastLetter::new(reason)));
        let due = watched.observe_letter(at, &past, &shared.candidates, &mut self.news);
        self.due = due.into_iter().fold(self.due, Timestamp::min);
        watched.mark(id, &mut self.dirty);
    }

    /// Advances time to `horizon`.
    pub(super) fn tick(&mut self, horizon: Timestamp, shared: &mut Shared) {
        for orphan in self.orphans.drain(..) {
            if let Some(Slot::Watched(watched)) = self.slots.get_mut(&orphan.id) {
                watched.mark(orphan.id, &mut self.dirty);
            }
            orphan.clear(horizon, &mut self.news);
        }
        let end = horizon.plus(MICROSECOND);
        if end <= self.due {
            return;
        }
        self.due = Timestamp::MAX;
        for (id, slot) in &mut self.slots {
            let Slot::Watched(watched) = slot else { continue };
            let (has_changed, due) = watched.settle(end, &shared.candidates, &mut self.news);
            self.due = due.into_iter().fold(self.due, Timestamp::min);
            if has_changed {
                watched.mark(*id, &mut self.dirty);
            }
        }
    }

    /// Restores the state of a series; returns whether it could be read.
    pub(super) fn recall(&mut self, memory: &Memory, shared: &mut Shared) -> bool {
        if memory.state.is_empty() {
            return true;
        }
        match read(memory) {
            Ok((series, remembered)) => self.go_on(&series, remembered, shared),
            Err(error) => {
                shared.ignore(&memory.series_key, &error);
                return false;
            }
        }
        true
    }

    /// Continues alerts without state. The next sample of each decides, ignoring samples up to `now`: it is not known
    /// which were processed.
    pub(super) fn adopt(&mut self, alerts: &[Alert], now: Timestamp, shared: &mut Shared) {
        let mut by_series: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
        for alert in alerts {
            by_series.entry(alert.series.key()).or_default().push(alert);
        }
        for (key, alerts) in by_series {
            let latest = Seen { at: now, value: alerts[0].value.unwrap_or_default() };
            let rules = alerts.iter().map(|alert| RememberedRule::of(alert)).collect();
            self.go_on(&alerts[0].series, Remembered { latest, note: None, rules }, shared);
            let id = shared.ids.of(key);
            if let Some(Slot::Watched(watched)) = self.slots.get_mut(&id) {
                watched.mark(id, &mut self.dirty);
            }
        }
    }

    /// Resets the series whose newest sample is in the future to `now`. Their state is lost; a firing alert stays,
    /// and the next sample decides about it.
    pub(super) fn rewind(&mut self, now: Timestamp, shared: &mut Shared) {
        let latest = latest_possible(now);
        self.slots.retain(|_, slot| matches!(slot, Slot::Watched(_)) || slot.newest() <= latest);
        let ahead = self.slots.iter().filter(|(_, slot)| slot.newest() > latest);
        let ahead: Vec<_> = ahead.map(|(id, _)| *id).collect();
        for id in ahead {
            let Some(Slot::Watched(watched)) = self.slots.get_mut(&id) else { continue };
            watched.rewind(now);
            watched.mark(id, &mut self.dirty);
            let due = watched.due(&shared.candidates);
            self.due = due.into_iter().fold(self.due, Timestamp::min);
        }
    }

    /// Evaluates by the rules of `shared` with the state that those `before` left, after it was drained. A series without
    /// state is forgotten: only which of the old rules select it is known.
    pub(super) fn reload(&mut self, before: &Candidates, shared: &mut Shared) {
        let slots = std::mem::take(&mut self.slots);
        let mut orphans: HashMap<SeriesId, Vec<RememberedRule>> = HashMap::new();
        for orphan in self.orphans.drain(..) {
            orphans.entry(orphan.id).or_default().push(orphan.remembered);
        }
        shared.watched -= std::mem::take(&mut self.watched);
        self.due = Timestamp::MAX;
        for (id, slot) in slots {
            let Slot::Watched(watched) = slot else { continue };
            let mut remembered = watched.remembered(before);
            remembered.rules.extend(orphans.remove(&id).unwrap_or_default());
            self.go_on(&watched.series(), remembered, shared);
        }
    }

    fn go_on(&mut self, series: &Series, mut remembered: Remembered, shared: &mut Shared) {
        let id = shared.ids.of(series.key());
        let list = shared.candidates.about(&self.name, series);
        let stays = |remembered: &RememberedRule| {
            let mut about = shared.candidates.list(list).iter();
            match about.find(|index| shared.candidates.rule(**index).name == remembered.name) {
                Some(index) => shared.candidates.fingerprint(*index) == remembered.fingerprint,
                None => remembered.phase.is_firing(),
            }
        };
        let stays_as_stored = remembered.rules.iter().all(stays);
        let mut watched = Watched::recall(series.key(), list, &mut remembered, &shared.candidates);
        let due = watched.due(&shared.candidates);
        self.due = due.into_iter().fold(self.due, Timestamp::min);
        remembered.rules.retain(|rule| rule.phase.is_firing());
        // So that what is stored of them does not depend on the order in which they were found.
        remembered.rules.sort_by(|one, other| one.name.cmp(&other.name));
        let rules = shared.candidates.rules();
        let orphans =
            remembered.rules.into_iter().map(|remembered| Orphan::new(id, series.clone(), remembered, rules));
        let before = self.orphans.len();
        self.orphans.extend(orphans);
        // What these rules give up must go from the store too: else the next restart would find it, and the next reload
        // would not.
        let is_at_rest = self.orphans.len() == before && !watched.is_open(&shared.candidates);
        if is_at_rest || !stays_as_stored {
            watched.mark(id, &mut self.dirty);
        }
        if !matches!(self.slots.insert(id, Slot::Watched(Box::new(watched))), Some(Slot::Watched(_))) {
            self.watched += 1;
            shared.watched += 1;
        }
    }

    /// Whether an alert has begun to fire or has cleared since the last [`Self::drain`].
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Adds all changes. Series that need no state go to rest.
    pub(super) fn drain(&mut self, findings: &mut Findings, shared: &mut Shared) {
        let (alerts, past) = self.news.take();
        findings.alerts.extend(alerts);
        findings.past.extend(past);
        findings.memories.reserve(self.dirty.len());
        for id in std::mem::take(&mut self.dirty) {
            let Some(slot) = self.slots.get_mut(&id) else { continue };
            let Slot::Watched(watched) = slot else { continue };
            watched.is_dirty = false;
            let orphans = self.orphans.iter().filter(|orphan| orphan.id == id);
            let (mut state, mut pending) = (Vec::new(), false);
            if watched.is_open(&shared.candidates) || orphans.clone().next().is_some() {
                let mut remembered = watched.remembered(&shared.candidates);
                remembered.rules.extend(orphans.map(|orphan| orphan.remembered.clone()));
                remembered.write(&mut state);
                pending = remembered.rules.iter().any(|rule| rule.phase.is_pending());
            }
            let memory = Memory { series_key: watched.key().to_owned(), state: Bytes::from(state), pending };
            if memory.state.is_empty() {
                *slot = Slot::Resting { list: watched.list(), newest: watched.latest().at };
                self.watched -= 1;
                shared.watched -= 1;
            }
            findings.memories.push((self.name.clone(), memory));
        }
    }
}

fn read(memory: &Memory) -> Result<(Series, Remembered), Unreadable> {
    let series = memory.series_key.parse().map_err(|_| Unreadable::Wrong("the series' key"))?;
    Ok((series, Remembered::read(&memory.state)?))
}

/// Whether a resting series needs state from this sample on.
fn wakes(rules: &Candidates, list: ListId, seen: Seen) -> bool {
    rules.list(list).iter().any(|index| {
        let condition = &rules.rule(*index).condition;
        condition.remembers() || condition.observe(&mut Past::Nothing, false, seen) == Some(true)
    })
}
