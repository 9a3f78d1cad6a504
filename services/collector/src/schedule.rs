//! When a target is due. Instants are durations since the role started: a monotonic clock.

use crate::target::Timing;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

/// The longest wait for a failing target, unless its interval is longer.
pub const MAX_BACKOFF: Duration = Duration::from_secs(5 * 60);
/// The longest refusal by a target that is respected: quotas are renewed daily at the latest.
pub const MAX_REFUSAL: Duration = Duration::from_secs(24 * 60 * 60);

/// The schedule of one target: due at `first + n · interval`, so that it never drifts. Due times that pass during a
/// collection are skipped, so that there is never a burst.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    interval: Duration,
    due: Duration,
    failures: u32,
}

impl Schedule {
    /// For a target that is added at `now`. One that was started less than an interval ago waits for the rest of it;
    /// any other is due now, or later by its share of the jitter.
    pub(crate) fn starting(name: &str, timing: Timing, since_begun: Option<Duration>, now: Duration) -> Self {
        let interval = timing.interval();
        let rest = since_begun.and_then(|since| interval.checked_sub(since)).filter(|rest| !rest.is_zero());
        Self { interval, due: now + rest.unwrap_or_else(|| share_of(timing.jitter(), name)), failures: 0 }
    }

    /// The next due time.
    pub(crate) fn due(&self) -> Duration {
        self.due
    }

    /// Whether the last collection failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// A collection succeeded at `now`: the next due time that has not passed applies.
    pub(crate) fn succeeded(&mut self, now: Duration) {
        self.failures = 0;
        self.advance(1, now);
    }

    /// A probe could not be made, at `now`: the target is due again as if nothing had happened, so that a network that
    /// comes back is seen at once.
    pub(crate) fn skipped(&mut self, now: Duration) {
        self.advance(1, now);
    }

    /// A collection failed at `now`. The first failure changes nothing; with each consecutive one the target is due
    /// half as often, down to once in [`MAX_BACKOFF`]. `refused_for` is how long the target refuses requests,
    /// respected up to [`MAX_REFUSAL`].
    pub(crate) fn failed(&mut self, now: Duration, refused_for: Duration) {
        self.failures = self.failures.saturating_add(1);
        let most = MAX_BACKOFF.as_nanos() / self.interval.as_nanos();
        let doubled = 1_u128.checked_shl(self.failures - 1).unwrap_or(u128::MAX);
        self.advance(doubled.min(most).max(1), now + refused_for.min(MAX_REFUSAL));
    }

    /// Advances by at least that many intervals, to a due time not before `earliest`.
    fn advance(&mut self, at_least: u128, earliest: Duration) {
        let passed = earliest.saturating_sub(self.due).as_nanos().div_ceil(self.interval.as_nanos());
        let intervals = u32::try_from(passed.max(at_least)).unwrap_or(u32::MAX);
        self.due = self.due.saturating_add(self.interval.saturating_mul(intervals));
    }
}

/// The share of `jitter` for a target name: evenly spread over names, and the same at each start (another build may
/// hash differently, which moves only targets that are due anyway).
fn share_of(jitter: Duration, name: &str) -> Duration {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let nanos = (jitter.as_nanos() * u128::from(hasher.finish())) >> 64;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn timing(interval: Duration, jitter: Duration) -> Timing {
        Timing::new(interval, jitter, SECOND)
    }

    fn every(interval: Duration) -> Schedule {
        Schedule::starting("host", timing(interval, Duration::ZERO), None, Duration::ZERO)
    }

    #[test]
    fn the_first_collection_is_at_the_start() {
        assert_eq!(every(15 * SECOND).due(), Duration::ZERO);
    }

    #[test]
    fn after_a_restart_the_rest_of_the_interval_is_waited_out() {
        let timing = timing(15 * SECOND, Duration::ZERO);
        for now in [Duration::ZERO, 60 * SECOND] {
            let due = |since| Schedule::starting("host", timing, Some(since), now).due();
            assert_eq!(due(Duration::ZERO), now + 15 * SECOND);
            assert_eq!(due(4 * SECOND), now + 11 * SECOND);
            assert_eq!(due(15 * SECOND), now);
            assert_eq!(due(1_000 * SECOND), now);
        }
    }

    #[test]
    fn due_times_that_have_passed_are_skipped() {
        let mut schedule = every(15 * SECOND);
        schedule.succeeded(SECOND);
        assert_eq!(schedule.due(), 15 * SECOND);
        schedule.succeeded(52 * SECOND);
        assert_eq!(schedule.due(), 60 * SECOND);
    }

    #[test]
    fn a_target_that_keeps_failing_is_due_half_as_often_each_time_down_to_the_bound() {
        let mut schedule = every(60 * SECOND);
        let mut dues = Vec::new();
        for _ in 0..6 {
            schedule.failed(schedule.due(), Duration::ZERO);
            dues.push(schedule.due().as_secs() / 60);
        }
        assert_eq!(dues, [1, 1 + 2, 3 + 4, 7 + 5, 12 + 5, 17 + 5]);
        schedule.succeeded(schedule.due());
        assert_eq!(schedule.due(), 23 * 60 * SECOND);
    }

    #[test]
    fn a_probe_that_could_not_be_made_is_made_again_as_often_as_before() {
        let mut schedule = every(60 * SECOND);
        for minute in 1..6 {
            schedule.skipped(schedule.due() + SECOND);
            assert_eq!((schedule.due(), schedule.is_failing()), (minute * 60 * SECOND, false));
        }
    }

    #[test]
    fn a_refusal_is_obeyed_up_to_the_bound() {
        let mut schedule = every(60 * SECOND);
        schedule.failed(SECOND, 90 * SECOND);
        assert_eq!(schedule.due(), 120 * SECOND);
        schedule.failed(120 * SECOND, Duration::MAX);
        assert_eq!(schedule.due(), 120 * SECOND + MAX_REFUSAL);
    }

    #[test]
    fn jitter_spreads_targets_evenly_and_the_same_at_each_start() {
        let timing = timing(60 * SECOND, 60 * SECOND);
        let due = |n: u32| Schedule::starting(&format!("target-{n}"), timing, None, Duration::ZERO).due();
        let mut per_second = [0_u32; 60];
        for n in 0..6_000 {
            assert_eq!(due(n), due(n));
            per_second[usize::try_from(due(n).as_secs()).unwrap()] += 1;
        }
        assert!(per_second.iter().all(|&count| (50..150).contains(&count)), "{per_second:?}");
    }

    #[derive(Clone, Copy, Debug)]
    struct Collection {
        late: Duration,
        takes: Duration,
        refused_for: Option<Duration>,
    }

    fn any_collection() -> impl Strategy<Value = Collection> {
        let micros = |most: u64| (0..most).prop_map(Duration::from_micros);
        (micros(1_000_000), micros(90_000_000), proptest::option::of(micros(200_000_000_000)))
            .prop_map(|(late, takes, refused_for)| Collection { late, takes, refused_for })
    }

    proptest! {
        #[test]
        fn a_target_is_never_early_never_drifts_and_never_bursts(
            interval in 1_000_u64..100_000_000,
            since_begun in proptest::option::of(0_u64..200_000_000),
            collections in vec(any_collection(), 1..40),
        ) {
            let timing = timing(Duration::from_millis(interval), 10 * SECOND);
            let interval = timing.interval();
            let since_begun = since_begun.map(Duration::from_millis);
            let mut schedule = Schedule::starting("host", timing, since_begun, Duration::ZERO);
            let first = schedule.due();
            prop_assert!(since_begun.is_none_or(|since| first + since >= interval), "early after a restart");
            for Collection { late, takes, refused_for } in collections {
                let before = schedule.due();
                let now = before + late + takes;
                match refused_for {
                    None => schedule.succeeded(now),
                    Some(wait) => schedule.failed(now, wait),
                }
                let due = schedule.due();
                prop_assert!(due >= before + interval && due >= now, "a burst");
                let after_first = due.as_nanos() - first.as_nanos();
                prop_assert_eq!(after_first % interval.as_nanos(), 0, "drifts");
                let allowed = refused_for.map_or(now, |wait| (now + wait.min(MAX_REFUSAL)).max(before + MAX_BACKOFF));
                prop_assert!(due <= allowed + interval, "later than it has to be");
            }
        }
    }
}
