//! Whether the wall clock can be believed.
//!
//! What is older than its retention is removed by the wall clock, and a clock that is wrong for a minute would
//! remove everything. So whoever removes looks at the clock every [`LOOK_EVERY`] and notes it. A clock that is
//! further from the last look than it may be is doubted: nothing is removed by it before it has been seen to go on
//! for [`HOLD`]. A host that was off for months gets its retention a day later, and one whose clock was wrong for
//! an hour loses nothing.

use crate::Timestamp;
use std::time::Duration;

/// Source and name of the samples that tell by how many seconds a clock is not believed, 0 if it is.
pub const DISAGREEMENT: (&str, &str) = ("watchkeeper", "clock_disagreement");

/// How often whoever removes by the clock looks at it.
pub const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How long a clock must be seen to go on before it is believed again. Time between looks that are further apart
/// than [`MAX_GAP`] does not count: nobody saw it.
pub const HOLD: Duration = Duration::from_secs(24 * 60 * 60);
/// How far apart two looks may be for the time between them to count.
pub const MAX_GAP: Duration = Duration::from_secs(5 * 60);
/// How far a clock may always move between two looks: what is kept for a shorter time is not worth a brake.
pub const MIN_STEP: Duration = Duration::from_secs(10 * 60);
/// The furthest a clock may move between two looks and be believed, whatever the retention.
pub const MAX_STEP: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Which part of the retention it may move at most: what one step of the clock can remove.
const STEPS_IN_RETENTION: u32 = 10;

/// How far the clock may move between two looks where things are kept for `retention`: a tenth of it, at least
/// [`MIN_STEP`] and at most [`MAX_STEP`].
#[must_use]
pub fn step_of(retention: Duration) -> Duration {
    (retention / STEPS_IN_RETENTION).clamp(MIN_STEP, MAX_STEP)
}

/// What is remembered of the looks at the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    /// What the clock showed when it was last believed.
    pub believed: Timestamp,
    /// What it has shown since, if that is doubted.
    pub doubt: Option<Doubt>,
}

/// A clock that is doubted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What it showed when it was first doubted; later by the time in which nobody looked.
    pub since: Timestamp,
    /// What it showed at the last look.
    pub until: Timestamp,
}

/// Between which two instants the present lies. They are the same unless the clock is doubted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    /// It is not earlier: what is old is judged by this.
    pub earliest: Timestamp,
    /// It is not later: what is ahead is judged by this.
    pub latest: Timestamp,
}

/// In which direction, and how far, a doubted clock is from the last look at which it was believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What it showed when it was last believed.
    pub believed: Timestamp,
    /// Whether it is ahead of that, or behind.
    pub is_ahead: bool,
    /// By how much.
    pub by: Duration,
    /// After how much more time it is believed again, if it goes on.
    pub settles_in: Duration,
}

impl Present {
    /// A clock that is believed.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { earliest: now, latest: now }
    }
}

impl Looks {
    /// Before the first look; `known` is the newest instant that what is kept bears witness to.
    #[must_use]
    pub const fn beginning_at(known: Timestamp) -> Self {
        Self { believed: known, doubt: None }
    }

    /// Before the first look at what bears witness to nothing: the clock is doubted until it has been seen to go
    /// on, and nobody is told.
    #[must_use]
    pub const fn beginning() -> Self {
        Self::beginning_at(Timestamp::MIN)
    }

    /// Looks at the clock, which shows `now` and may have moved by `step`.
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

    /// Between which instants the present lies when the clock shows `now`.
    #[must_use]
    pub fn present(self, now: Timestamp, step: Duration) -> Present {
        if is_near(now, self.believed, step) {
            return Present::at(now);
        }
        Present { earliest: now.min(self.believed), latest: now.max(self.believed) }
    }

    /// What is to be said of a clock that shows `now`; nothing of one that is believed, or is looked at for the
    /// first time.
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
    /// Whether a clock that shows `now` is the one that was doubted, and not another wrong one.
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
