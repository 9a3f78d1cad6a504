//! One rule for one series.

use super::candidates::RuleIndex;
use super::news::{Event, News};
use crate::condition::{Condition, Heard, Past, Seen};
use crate::phase::{Phase, Turn};
use crate::rule::Rule;
use crate::words::time;
use watchkeeper_domain::{Note, Series, Timestamp};

/// The state of one rule for one series. Not kept if it is resting without state.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) rule: RuleIndex,
    pub(super) phase: Phase,
    pub(super) past: Past,
}

/// The series of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) key: &'a str,
    pub(super) latest: Seen,
    /// Of the newest sample.
    pub(super) note: Option<&'a Note>,
}

impl About<'_> {
    /// Parsed from its key on demand, which is rarely needed and saves memory.
    pub(super) fn series(&self) -> Series {
        self.key.parse().expect("the key was that of a series")
    }
}

/// An event without a sample.
#[derive(Clone, Copy, Debug)]
enum Passing {
    /// The condition begins or ceases to hold.
    Turns,
    /// It has held for long enough.
    Fires,
    /// The series becomes stale.
    Gone,
}

impl Cell {
    pub(super) fn new(rule: RuleIndex) -> Self {
        Self { rule, phase: Phase::default(), past: Past::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.phase == Phase::Resting && self.past == Past::Nothing
    }

    /// Whether state must be kept for the next sample, or an event can happen without one.
    pub(super) fn is_open(&self, rule: &Rule) -> bool {
        let waits = rule.condition.waits() && self.past == Past::Nothing;
        self.phase.holds() || waits || !matches!(self.past, Past::Nothing | Past::Gone)
    }

    /// Processes the latest sample.
    pub(super) fn observe(&mut self, rule: &Rule, about: About<'_>, news: &mut News) {
        let verdict = rule.condition.observe(&mut self.past, self.phase.is_firing(), about.latest);
        let holds = verdict.unwrap_or_else(|| self.goes_on_firing(rule, about.latest));
        self.step(holds, about.latest.at, rule, about, news);
    }

    /// Without a verdict nothing fires. A firing alert goes on, for a ratio until the divisor is stale.
    fn goes_on_firing(&self, rule: &Rule, latest: Seen) -> bool {
        let Phase::Firing { since } = self.phase else { return false };
        let decided_at = match (&rule.condition, &self.past) {
            (Condition::Ratio(_), Past::Divisor(divisor)) => since.max(divisor.at),
            (Condition::Ratio(_), _) => since,
            _ => return true,
        };
        latest.at.since(decided_at) <= rule.stale_after
    }

    /// Replaces the divisor of a ratio by a newer one; returns whether it is newer.
    pub(super) fn observe_divisor(&mut self, divisor: Seen) -> bool {
        let is_newer = match &self.past {
            Past::Divisor(last) => last.at < divisor.at,
            past => *past == Past::Nothing,
        };
        if is_newer {
            self.past = Past::Divisor(Box::new(divisor));
        }
        is_newer
    }

    /// Processes a time during which heartbeats could be received.
    pub(super) fn listen(&mut self, heard: Heard, rule: &Rule, about: About<'_>, news: &mut News) {
        let Condition::Heartbeat(heartbeat) = &rule.condition else { return };
        let missing = heartbeat.listen(&mut self.past, heard);
        if let Some(since) = missing.filter(|_| !self.phase.holds()) {
            self.step(true, since, rule, about, news);
        }
    }

    /// When the next event without a sample is due.
    pub(super) fn due(&self, rule: &Rule, latest: Seen) -> Option<Timestamp> {
        self.next(rule, latest).map(|(at, _)| at)
    }

    fn next(&self, rule: &Rule, latest: Seen) -> Option<(Timestamp, Passing)> {
        let turns = rule.condition.turns_at(&self.past, self.phase.holds(), latest);
        let fires = self.phase.fires_at(rule.hold).filter(|_| rule.is_confirmed(self.phase, latest));
        let is_left = self.is_open(rule) && rule.condition.becomes_stale();
        let gone = is_left.then(|| latest.at.plus(rule.stale_after));
        let passing = [(turns, Passing::Turns), (fires, Passing::Fires), (gone, Passing::Gone)];
        let passing = passing.into_iter().filter_map(|(at, passing)| Some((at?, passing)));
        passing.min_by_key(|(at, _)| *at)
    }

    /// Processes all events due before `end`; returns whether there were any.
    pub(super) fn settle(&mut self, end: Timestamp, rule: &Rule, about: About<'_>, news: &mut News) -> bool {
        let mut has_changed = false;
        while let Some((at, passing)) = self.next(rule, about.latest).filter(|(at, _)| *at < end) {
            match passing {
                Passing::Turns => self.turn(at, rule, about, news),
                Passing::Fires => self.step(true, at, rule, about, news),
                Passing::Gone => self.leave(at, rule, about, news),
            }
            has_changed = true;
        }
        has_changed
    }

    /// The condition begins or ceases to hold by elapsed time.
    fn turn(&mut self, at: Timestamp, rule: &Rule, about: About<'_>, news: &mut News) {
        self.step(!self.phase.holds(), at, rule, about, news);
        if matches!(self.past, Past::LastLetter(_)) {
            self.past = Past::Nothing;
        }
    }

    fn step(&mut self, holds: bool, at: Timestamp, rule: &Rule, about: About<'_>, news: &mut News) {
        let did_fire = self.phase.is_firing();
        let Some(turn) = self.phase.step(holds, at, rule.hold) else { return };
        let series = about.series();
        news.add(Event {
            rule: &rule.name,
            severity: rule.severity,
            turn,
            value: rule.condition.value(holds, about.latest),
            reason: rule.reason(&self.past, holds, did_fire, about.latest, about.note, &series),
            series,
        });
    }

    /// Drops a stale series.
    fn leave(&mut self, at: Timestamp, rule: &Rule, about: About<'_>, news: &mut News) {
        if let Phase::Firing { since } = self.phase {
            let silent = time(rule.stale_after);
            news.add(Event {
                rule: &rule.name,
                severity: rule.severity,
                series: about.series(),
                turn: Turn::Clears { fired_at: since, at: at.max(since) },
                value: None,
                reason: format!("no sample for {silent}: the series is stale"),
            });
        }
        self.phase = Phase::Resting;
        self.past = rule.condition.gone();
    }
}
