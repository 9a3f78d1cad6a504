//! The time of samples whose sender gives none.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// Gives each sample without a time its time of arrival, to the microsecond and no two of them the same.
///
/// Series and instant are what makes a sample: two samples of one series that arrive together would
/// otherwise be one, and the second lost. When the wall clock stands still or is set back, the next
/// instants follow the last one given, one microsecond apart.
#[derive(Debug, Default)]
pub(crate) struct ArrivalClock {
    last_micros: AtomicI64,
}

impl ArrivalClock {
    /// The instant of the next sample: `now`, or right after the instant before it, whichever is later.
    pub(crate) fn next(&self, now: Timestamp) -> Timestamp {
        let after =
            |last| Timestamp::from_micros(last).unwrap_or(now).plus(Duration::from_micros(1)).max(now);
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
