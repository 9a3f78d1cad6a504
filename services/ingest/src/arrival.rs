//! The time of samples whose sender gives none.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// How far the instants may run ahead of a clock that was set back, by a little. One that was set back further was
/// wrong before, and is followed.
const MAX_LEAD: Duration = Duration::from_secs(10);
/// The shortest time there is.
const MICROSECOND: Duration = Duration::from_micros(1);

/// Gives each sample without a time its time of arrival, to the microsecond and no two of them the same.
///
/// Series and instant are what makes a sample: two samples of one series that arrive together would
/// otherwise be one, and the second lost. When the wall clock stands still or is set back a little, the next
/// instants follow the last one given, one microsecond apart. When it is set back by more than [`MAX_LEAD`], they
/// follow the clock: an instant that was given before may then be given again, which takes two samples of one
/// series in the same microsecond.
#[derive(Debug, Default)]
pub(crate) struct ArrivalClock {
    last_micros: AtomicI64,
}

impl ArrivalClock {
    /// The instant of the next sample: `now`, or right after the instant before it if that is less than
    /// [`MAX_LEAD`] ahead.
    pub(crate) fn next(&self, now: Timestamp) -> Timestamp {
        let after = |last| {
            let last = Timestamp::from_micros(last).unwrap_or(now);
            if last.since(now) < MAX_LEAD { last.plus(MICROSECOND).max(now) } else { now }
        };
        let given = self
            .last_micros
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last).as_micros()));
        after(given.unwrap_or_else(|last| last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    #[test]
    fn instants_rise_while_the_clock_stands_still_or_is_set_back() {
        let clock = ArrivalClock::default();
        let given = [1000, 1000, 1000, 500, 1001, 2000].map(|now| clock.next(at(now)));
        assert_eq!(given, [1000, 1001, 1002, 1003, 1004, 2000].map(at));
    }

    #[test]
    fn instants_follow_a_clock_that_is_set_back_by_more_than_the_lead() {
        let (clock, start) = (ArrivalClock::default(), at(1_000_000_000));
        let ahead = start.plus(MAX_LEAD);
        assert_eq!(clock.next(ahead), ahead);
        assert_eq!(clock.next(start), start);
        assert_eq!(clock.next(start.plus(MAX_LEAD).minus(MICROSECOND)), ahead.minus(MICROSECOND));
        assert_eq!(clock.next(start), ahead);
        assert_eq!(clock.next(start), start);
        assert_eq!(clock.next(start), start.plus(MICROSECOND));
    }

    #[test]
    fn samples_that_arrive_at_once_get_distinct_instants() {
        const EACH: usize = 1000;
        let clock = ArrivalClock::default();
        let take = || (0..EACH).map(|_| clock.next(at(7))).collect::<Vec<_>>();
        let (one, other) = std::thread::scope(|scope| {
            let (one, other) = (scope.spawn(take), scope.spawn(take));
            (one.join().unwrap(), other.join().unwrap())
        });
        assert!(one.is_sorted() && other.is_sorted());
        assert_eq!(one.into_iter().chain(other).collect::<BTreeSet<_>>().len(), 2 * EACH);
    }
}
