//! One series with state.

use super::candidates::{Candidates, ListId, RuleIndex};
use super::cell::{About, Cell};
use super::news::News;
use super::series_id::SeriesId;
use crate::condition::{Condition, Heard, Past, Seen};
use crate::memory::{Remembered, RememberedRule};
use crate::phase::Phase;
use crate::rule::Rule;
use watchkeeper_domain::{Note, Series, Timestamp};

/// A series with state. There are many: it keeps its key only, and only the cells that are not empty.
#[derive(Debug)]
pub(super) struct Watched {
    key: Box<str>,
    latest: Seen,
    /// Of the newest sample.
    note: Option<Note>,
    list: ListId,
    /// Whether it has changed since the last drain.
    pub(super) is_dirty: bool,
    cells: Vec<Cell>,
}

impl Watched {
    /// A series without a history before `latest`, which is not evaluated yet.
    pub(super) fn new(key: &str, list: ListId, latest: Seen) -> Self {
        Self { key: key.into(), latest, note: None, list, is_dirty: false, cells: Vec::new() }
    }

    /// Restores the state, and removes what is for a rule of `list` from it.
    pub(super) fn recall(key: &str, list: ListId, remembered: &mut Remembered, rules: &Candidates) -> Self {
        let mut watched = Self::new(key, list, remembered.latest);
        watched.note.clone_from(&remembered.note);
        for &rule in rules.list(list) {
            let Some((phase, past)) = remembered.take(rules.rule(rule), rules.fingerprint(rule)) else {
                continue;
            };
            watched.keep(Cell { rule, phase, past });
        }
        watched
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn series(&self) -> Series {
        self.key.parse().expect("the key was that of a series")
    }

    pub(super) fn list(&self) -> ListId {
        self.list
    }

    pub(super) fn latest(&self) -> Seen {
        self.latest
    }

    /// Adds it to the series that have changed, once.
    pub(super) fn mark(&mut self, id: SeriesId, dirty: &mut Vec<SeriesId>) {
        if !std::mem::replace(&mut self.is_dirty, true) {
            dirty.push(id);
        }
    }

    /// Continues from `now` with the firing alerts, and no other state.
    pub(super) fn rewind(&mut self, now: Timestamp) {
        self.latest.at = now;
        for cell in &mut self.cells {
            cell.past = Past::Nothing;
            if !cell.phase.is_firing() {
                cell.phase = Phase::Resting;
            }
        }
        self.cells.retain(|cell| !cell.is_empty());
    }

    /// Processes the next sample, after all events due before it; returns when the next event is due.
    pub(super) fn observe(
        &mut self,
        seen: Seen,
        note: Option<&Note>,
        rules: &Candidates,
        news: &mut News,
    ) -> Option<Timestamp> {
        self.settle(seen.at, rules, news);
        self.latest = seen;
        self.note = note.cloned();
        self.for_each_cell(rules, |cell, rule, about| cell.observe(rule, about, news))
    }

    /// Gives a value of `divisor` to the ratios that divide this series, `dividend`, by it; returns whether one has
    /// changed. The next sample of this series is divided by it.
    pub(super) fn observe_divisor(
        &mut self,
        dividend: &Series,
        (divisor, seen): (&Series, Seen),
        rules: &Candidates,
    ) -> bool {
        let mut has_changed = false;
        let divides = |index: &RuleIndex| match &rules.rule(*index).condition {
            Condition::Ratio(ratio) => ratio.divides(dividend, divisor),
            _ => false,
        };
        for index in rules.list(self.list).iter().copied().filter(divides) {
            if let Some(cell) = self.cells.iter_mut().find(|cell| cell.rule == index) {
                has_changed |= cell.observe_divisor(seen);
            } else {
                let mut cell = Cell::new(index);
                has_changed |= cell.observe_divisor(seen);
                self.keep(cell);
            }
        }
        has_changed
    }

    /// Processes a time during which heartbeats of this series could be received.
    pub(super) fn listen(&mut self, heard: Heard, rules: &Candidates, news: &mut News) {
        self.for_each_cell(rules, |cell, rule, about| cell.listen(heard, rule, about, news));
    }

    /// The same for a dead letter: its value is the number since a rule fires. Dead letters of several writers may be
    /// out of order.
    pub(super) fn observe_letter(
        &mut self,
        at: Timestamp,
        past: &Past,
        rules: &Candidates,
        news: &mut News,
    ) -> Option<Timestamp> {
        let at = at.max(self.latest.at);
        self.settle(at, rules, news);
        let letters = if self.cells.is_empty() { 0.0 } else { self.latest.value };
        self.latest = Seen { at, value: letters + 1.0 };
        self.for_each_cell(rules, |cell, rule, about| {
            cell.past = past.clone();
            cell.observe(rule, about, news);
        })
    }

    /// Processes all events due before `end`; returns whether there were any, and when the next one is due.
    pub(super) fn settle(
        &mut self,
        end: Timestamp,
        rules: &Candidates,
        news: &mut News,
    ) -> (bool, Option<Timestamp>) {
        let mut has_changed = false;
        let due = self.for_each_cell(rules, |cell, rule, about| {
            has_changed |= cell.settle(end, rule, about, news);
        });
        (has_changed, due)
    }

    /// When the next event without a sample is due.
    pub(super) fn due(&mut self, rules: &Candidates) -> Option<Timestamp> {
        self.for_each_cell(rules, |_, _, _| {})
    }

    /// Applies `step` to the cell of each rule, and returns when the next event is due.
    fn for_each_cell(
        &mut self,
        rules: &Candidates,
        mut step: impl FnMut(&mut Cell, &Rule, About<'_>),
    ) -> Option<Timestamp> {
        let mut earliest: Option<Timestamp> = None;
        for &index in rules.list(self.list) {
            let rule = rules.rule(index);
            let about = About { key: &self.key, latest: self.latest, note: self.note.as_ref() };
            let due = if let Some(at) = self.cells.iter().position(|cell| cell.rule == index) {
                let cell = &mut self.cells[at];
                step(cell, rule, about);
                let due = cell.due(rule, self.latest);
                if cell.is_empty() {
                    self.drop_cell(at);
                }
                due
            } else {
                let mut cell = Cell::new(index);
                step(&mut cell, rule, about);
                let due = cell.due(rule, self.latest);
                self.keep(cell);
                due
            };
            earliest = earliest.into_iter().chain(due).min();
        }
        earliest
    }

    fn keep(&mut self, cell: Cell) {
        if !cell.is_empty() {
            // Grows by one, because most series have one or two cells and there are many of them.
            self.cells.reserve_exact(1);
            self.cells.push(cell);
        }
    }

    fn drop_cell(&mut self, at: usize) {
        self.cells.swap_remove(at);
        self.cells.shrink_to_fit();
    }

    /// Whether state must be kept for the next sample, or an event can happen without one.
    pub(super) fn is_open(&self, rules: &Candidates) -> bool {
        let is_open = |index: &RuleIndex| {
            let rule = rules.rule(*index);
            let cell = self.cells.iter().find(|cell| cell.rule == *index);
            cell.map_or_else(|| Cell::new(*index).is_open(rule), |cell| cell.is_open(rule))
        };
        rules.list(self.list).iter().any(is_open)
    }

    /// The state to store.
    pub(super) fn remembered(&self, rules: &Candidates) -> Remembered {
        let of_cell = |cell: &Cell| {
            let rule = rules.rule(cell.rule);
            RememberedRule {
                name: rule.name.clone(),
                fingerprint: rules.fingerprint(cell.rule),
                severity: rule.severity,
                phase: cell.phase,
                past: cell.past.clone(),
            }
        };
        let rules = self.cells.iter().map(of_cell).collect();
        Remembered { latest: self.latest, note: self.note.clone(), rules }
    }
}
