//! The identity of samples: series and instant.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// How far instants may run ahead of a clock that was set back slightly. A clock that was set back further was wrong
/// before, and is followed.
const MAX_LEAD: Duration = Duration::from_secs(10);
/// The resolution of timestamps.
const MICROSECOND: Duration = Duration::from_micros(1);

/// Gives each sample without a time its time of arrival, in microseconds and unique.
///
/// Series and instant identify a sample: two samples of one series that arrive together would otherwise be one, and
/// the second lost. When the wall clock stands still or is set back slightly, the next instants follow the last one
/// given, one microsecond apart. When it is set back by more than [`MAX_LEAD`], they follow the clock: an instant may
/// then be given again, which requires two samples of one series in the same microsecond.
#[derive(Debug, Default)]
pub(crate) struct ArrivalClock {
    last_micros: AtomicI64,
}

impl ArrivalClock {
    /// The instant of the next sample: `now`, or one microsecond after the previous instant if that is less than
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

/// Whether a sample repeats an earlier one of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// No.
    None,
    /// Yes, with the same value.
    Same,
    /// Yes, with another value.
    Contradicts {
        /// The index of the earlier item.
        earlier: usize,
    },
}

/// The samples of one body that have a time of collection.
///
/// If two different samples have the same hash, the second counts as new and is not remembered. A sender cannot aim
/// at that, because the hash has a random key.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    samples: Vec<Given>,
    /// Index of the sample by the hash of series key and time.
    by_hash: HashMap<u64, usize>,
    /// The series keys of all samples, concatenated: a string for each would be an allocation for each.
    keys: String,
}

#[derive(Debug)]
struct Given {
    key: Range<usize>,
    collected_at: Timestamp,
    value: f64,
    item: usize,
}

impl Repeats {
    /// Remembers the sample read from `item`, and returns whether it repeats an earlier one.
    pub(crate) fn note(&mut self, key: &str, collected_at: Timestamp, value: f64, item: usize) -> Repeat {
        let hash = self.by_hash.hasher().hash_one((key, collected_at));
        match self.by_hash.entry(hash) {
            Entry::Vacant(place) => {
                place.insert(self.samples.len());
                let start = self.keys.len();
                self.keys.push_str(key);
                self.samples.push(Given { key: start..self.keys.len(), collected_at, value, item });
                Repeat::None
            }
            Entry::Occupied(place) => {
                let given = &self.samples[*place.get()];
                if self.keys[given.key.clone()] != *key || given.collected_at != collected_at {
                    Repeat::None
                } else if given.value.to_bits() == value.to_bits() {
                    Repeat::Same
                } else {
                    Repeat::Contradicts { earlier: given.item }
                }
            }
        }
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
