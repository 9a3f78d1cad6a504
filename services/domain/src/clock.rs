//! Decides whether the wall clock can be trusted.
//!
//! Retention goes by the wall clock, and a clock that is wrong for a minute would prune everything. So every
//! role that prunes checks the clock every [`LOOK_EVERY`] and records it. A clock that has moved further
//! since the last check than it may is distrusted: nothing is pruned by it until it has run steadily for
//! [`HOLD`]. A host that was off for months prunes a day late, and one whose clock was wrong for an hour
//! loses nothing.

use crate::Timestamp;
use std::time::Duration;

/// Source and name of the series that says how many seconds off a distrusted clock is; 0 if it is trusted.
pub const DISAGREEMENT: (&str, &str) = ("watchkeeper", "clock_disagreement");

/// How often roles that prune check the clock.
pub const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How long a clock must run steadily before it is trusted again. Time between checks that are further apart
/// than [`MAX_GAP`] does not count, because nobody saw it.
pub const HOLD: Duration = Duration::from_secs(24 * 60 * 60);
/// How far apart two checks may be for the time between them to count.
pub const MAX_GAP: Duration = Duration::from_secs(5 * 60);
/// How far a clock may always move between two checks: a shorter retention is not worth protecting.
pub const MIN_STEP: Duration = Duration::from_secs(10 * 60);
/// The furthest a trusted clock may move between two checks, whatever the retention.
pub const MAX_STEP: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The inverse of the part of the retention that the clock may move by: what one step of the clock can prune.
const STEPS_IN_RETENTION: u32 = 10;

/// How far the clock may move between two checks for things kept for `retention`: a tenth of it, at least
/// [`MIN_STEP`] and at most [`MAX_STEP`].
#[must_use]
pub fn step_of(retention: Duration) -> Duration {
    (retention / STEPS_IN_RETENTION).clamp(MIN_STEP, MAX_STEP)
}

/// The state of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    /// The clock's time when it was last trusted.
    pub believed: Timestamp,
    /// What it has shown since, if it is distrusted.
    pub doubt: Option<Doubt>,
}

/// A distrusted clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Its time when it was first distrusted, moved later by the time in which nobody checked.
    pub since: Timestamp,
    /// Its time at the last check.
    pub until: Timestamp,
}

/// The two instants between which the present lies. They are equal unless the clock is distrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    /// The present is not earlier: ages are measured from this.
    pub earliest: Timestamp,
    /// The present is not later: what lies ahead is measured from this.
    pub latest: Timestamp,
}

/// How far, and in which direction, a distrusted clock is from the last trusted time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Its time when it was last trusted.
    pub believed: Timestamp,
    /// Whether it is ahead of that, or behind.
    pub is_ahead: bool,
    /// By how much.
    pub by: Duration,
    /// When it will be trusted again, if it runs on steadily.
    pub settles_in: Duration,
}

impl Present {
    /// A trusted clock.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { earliest: now, latest: now }
    }
}

impl Looks {
    /// Before the first check; `known` is the newest instant found in what is stored.
    #[must_use]
    pub const fn beginning_at(known: Timestamp) -> Self {
        Self { believed: known, doubt: None }
    }

    /// Before the first check, with nothing stored to compare with: the clock is distrusted until it has run
    /// steadily, without a report.
    #[must_use]
    pub const fn beginning() -> Self {
        Self::beginning_at(Timestamp::MIN)
    }

    /// Checks the clock, which shows `now` and may have moved by `step`.
    #[must_use]
    pub fn look(self, now: Timestamp, step: Duration) -> Self {
        if is_near(now, self.believed, step) {
            return Self::beginning_at(now);
        }
        let doubt = match self.doubt {
            Some(doubt) if doubt.goes_on(now, step) => doubt.seen_at(now),
            _ => Doubt { since: now, until: now },
        };
        if doubt.seen_for() >= HOLD {
            return Self::beginning_at(now);
        }
        Self { doubt: Some(doubt), ..self }
    }

    /// The instants between which the present lies when the clock shows `now`.
    #[must_use]
    pub fn present(self, now: Timestamp, step: Duration) -> Present {
        if is_near(now, self.believed, step) {
            return Present::at(now);
        }
        Present { earliest: now.min(self.believed), latest: now.max(self.believed) }
    }

    /// What to report of a clock that shows `now`; nothing if it is trusted, or checked for the first time.
    #[must_use]
    pub fn disagreement(self, now: Timestamp, step: Duration) -> Option<Disagreement> {
        let Self { believed, doubt } = self;
        if believed == Timestamp::MIN || is_near(now, believed, step) {
            return None;
        }
        let seen_for = doubt.map_or(Duration::ZERO, Doubt::seen_for);
        Some(Disagreement {
            believed,
            is_ahead: now > believed,
            by: distance(now, believed),
            settles_in: HOLD.saturating_sub(seen_for),
        })
    }
}

impl Doubt {
    /// Whether this is the distrusted clock running on, and not another wrong time.
    fn goes_on(self, now: Timestamp, step: Duration) -> bool {
        now >= self.until && is_near(now, self.until, step)
    }

    fn seen_at(self, now: Timestamp) -> Self {
        let unseen = now.since(self.until);
        let left_out = if unseen > MAX_GAP { unseen } else { Duration::ZERO };
        Self { since: self.since.plus(left_out), until: now }
    }

    fn seen_for(self) -> Duration {
        self.until.since(self.since)
    }
}

fn is_near(one: Timestamp, other: Timestamp, most: Duration) -> bool {
    distance(one, other) <= most
}

fn distance(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);

    fn start() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn step() -> Duration {
        step_of(RETENTION)
    }

    /// Looks every [`LOOK_EVERY`] for so long, from `now` on; gives what the clock shows then.
    fn watch(looks: &mut Looks, mut now: Timestamp, time: Duration) -> Timestamp {
        let end = now.plus(time);
        while now < end {
            *looks = looks.look(now, step());
            now = now.plus(LOOK_EVERY);
        }
        now
    }

    fn is_believed(looks: Looks, now: Timestamp) -> bool {
        looks.present(now, step()) == Present::at(now)
    }

    #[test]
    fn a_clock_may_move_by_a_tenth_of_the_retention_within_its_bounds() {
        assert_eq!(step_of(10 * DAY), DAY);
        assert_eq!(step_of(RETENTION), MAX_STEP);
        assert_eq!(step_of(Duration::ZERO), MIN_STEP);
        let looks = Looks::beginning_at(start());
        assert!(is_believed(looks, start().plus(step())));
        assert!(is_believed(looks, start().minus(step())));
        assert!(!is_believed(looks, start().plus(step()).plus(LOOK_EVERY)));
        assert!(!is_believed(looks, start().minus(step()).minus(LOOK_EVERY)));
    }

    #[test]
    fn by_a_clock_that_jumps_ahead_nothing_is_old_that_was_not_at_the_last_look() {
        let looks = Looks::beginning_at(start());
        let ahead = start().plus(1_826 * DAY);
        assert_eq!(looks.present(ahead, step()), Present { earliest: start(), latest: ahead });
        let looks = looks.look(ahead, step());
        assert_eq!(looks.present(ahead, step()), Present { earliest: start(), latest: ahead });
        let told = looks.disagreement(ahead, step()).unwrap();
        assert_eq!((told.is_ahead, told.by, told.settles_in), (true, 1_826 * DAY, HOLD));
    }

    #[test]
    fn by_a_clock_that_falls_behind_nothing_is_ahead_that_was_not_at_the_last_look() {
        let looks = Looks::beginning_at(start());
        let behind = Timestamp::MIN;
        let present = Present { earliest: behind, latest: start() };
        assert_eq!(looks.look(behind, step()).present(behind, step()), present);
        assert!(!looks.disagreement(behind, step()).unwrap().is_ahead);
    }

    #[test]
    fn a_clock_that_comes_back_is_believed_at_once() {
        let mut looks = Looks::beginning_at(start());
        watch(&mut looks, start().plus(1_826 * DAY), HOLD / 2);
        let back = start().plus(HOLD / 2);
        looks = looks.look(back, step());
        assert_eq!(looks, Looks::beginning_at(back));
    }

    #[test]
    fn a_host_that_was_off_for_months_is_believed_after_the_hold() {
        let mut looks = Looks::beginning_at(start());
        let now = watch(&mut looks, start().plus(120 * DAY), HOLD);
        assert!(!is_believed(looks, now));
        let now = watch(&mut looks, now, 2 * LOOK_EVERY);
        assert!(is_believed(looks, now));
        assert_eq!(looks.disagreement(now, step()), None);
    }

    #[test]
    fn a_host_that_is_on_for_some_hours_a_day_is_believed_when_these_make_the_hold() {
        let mut looks = Looks::beginning_at(start());
        for day in 0..8 {
            assert!(!is_believed(looks, start().plus((120 + day) * DAY)));
            watch(&mut looks, start().plus((120 + day) * DAY), HOLD / 8 + LOOK_EVERY);
        }
        assert!(is_believed(looks, start().plus(128 * DAY)));
    }

    #[test]
    fn two_starts_with_a_wrong_clock_a_day_apart_are_not_a_day() {
        let (mut looks, ahead) = (Looks::beginning_at(start()), start().plus(1_826 * DAY));
        looks = looks.look(ahead, step());
        looks = looks.look(ahead.plus(2 * HOLD), step());
        assert!(!is_believed(looks, ahead.plus(2 * HOLD)));
        assert_eq!(looks.disagreement(ahead.plus(2 * HOLD), step()).unwrap().settles_in, HOLD);
    }

    #[test]
    fn another_wrong_time_begins_the_hold_anew() {
        let mut looks = Looks::beginning_at(start());
        watch(&mut looks, start().plus(1_826 * DAY), HOLD / 2);
        for other in [start().plus(3_652 * DAY), start().plus(1_000 * DAY)] {
            looks = looks.look(other, step());
            assert_eq!(looks.doubt, Some(Doubt { since: other, until: other }));
        }
    }

    #[test]
    fn a_clock_that_nothing_bears_witness_to_is_doubted_quietly_and_believed_after_the_hold() {
        let mut looks = Looks::beginning();
        let now = watch(&mut looks, start(), HOLD);
        assert_eq!(looks.present(now, step()).earliest, Timestamp::MIN);
        assert_eq!(looks.disagreement(now, step()), None);
        let now = watch(&mut looks, now, 2 * LOOK_EVERY);
        assert!(is_believed(looks, now));
    }

    proptest! {
        /// Whatever the clock shows, what may be removed moves on by no more than a step between two looks,
        /// unless it was seen for the hold.
        #[test]
        fn no_look_moves_the_earliest_present_on_by_more_than_a_step(
            shown in proptest::collection::vec(0_i64..4_000_000_000, 1..60),
        ) {
            let mut looks = Looks::beginning_at(start());
            for seconds in shown {
                let now = Timestamp::from_micros(seconds * 1_000_000).unwrap();
                let before = looks.believed;
                prop_assert!(looks.present(now, step()).earliest <= before.plus(step()));
                looks = looks.look(now, step());
                prop_assert!(looks.believed <= before.plus(step()));
            }
        }
    }
}
