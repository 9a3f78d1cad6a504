//! Samples without the key of their series, and those of ratios, ordered by time.
//!
//! Both samples of a ratio may be in different partitions, too.
//!
//! Samples of one series are in several partitions, which are read one after the other, and come from several
//! members. The rules ignore samples older than ones they have seen, so each is held here until everything has been
//! read up to its time.

use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::{Offset, TopicPartition};

/// Most samples held; beyond that the oldest is released early.
pub(crate) const MAX_LOOSE: usize = 50_000;

/// A sample and the origin of its record.
#[derive(Debug, PartialEq)]
pub(super) struct Held {
    pub(super) log: TopicPartition,
    pub(super) offset: Offset,
    /// The partition of topic `metrics` that it came through: the log's own, or the one whose inlet the log is.
    pub(super) partition: TopicPartition,
    /// The series of `partition` that the sample divides, if that is all it is for: another member found it.
    pub(super) dividend: Option<Arc<Series>>,
    pub(super) sample: Sample,
}

/// Held samples.
#[derive(Debug, Default)]
pub(super) struct Loose {
    /// By the time up to which everything must have been read, their own time, and arrival order.
    held: BTreeMap<(Timestamp, Timestamp, u64), Held>,
    came: u64,
}

impl Loose {
    /// Holds a sample received at `now`; one in the future is held until its time. Returns the oldest if there are
    /// too many.
    pub(super) fn hold(&mut self, held: Held, now: Timestamp) -> Option<Held> {
        let at = held.sample.collected_at;
        self.came += 1;
        self.held.insert((at.min(now), at, self.came), held);
        if self.held.len() > MAX_LOOSE { self.held.pop_first().map(|(_, oldest)| oldest) } else { None }
    }

    /// The oldest, with all others of its instant, if everything has been read up to its time; else none.
    pub(super) fn next_until(&mut self, read_until: Timestamp) -> Vec<Held> {
        let mut oldest = Vec::new();
        while let Some(next) = self.held.first_entry() {
            let at = |held: &Held| held.sample.collected_at;
            let is_other = oldest.first().is_some_and(|first| at(first) != at(next.get()));
            if is_other || next.key().0 > read_until {
                break;
            }
            oldest.push(next.remove());
        }
        oldest
    }

    /// The first held offset of each log: its position may advance up to there.
    pub(super) fn first_offsets(&self) -> BTreeMap<&TopicPartition, Offset> {
        let mut first = BTreeMap::new();
        for Held { log, offset, .. } in self.held.values() {
            first
                .entry(log)
                .and_modify(|first: &mut Offset| *first = (*offset).min(*first))
                .or_insert(*offset);
        }
        first
    }

    /// Drops what came through this partition: its next owner reads it again.
    pub(super) fn release(&mut self, partition: &TopicPartition) {
        self.held.retain(|_, held| held.partition != *partition);
    }

    pub(super) fn forget(&mut self) {
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_ports::Topic;

    fn after(seconds: usize) -> Timestamp {
        Timestamp::MIN.plus(Duration::from_secs(seconds as u64))
    }

    fn held(partition: u32, offset: usize, seconds: usize) -> Held {
        let partition = TopicPartition::new(Topic::METRICS, partition);
        let series = Arc::new(Series::new("test", "value", "", &[]).unwrap());
        let sample = Sample::new(series, after(seconds), 1.0);
        Held { log: partition.clone(), offset: offset as u64, partition, dividend: None, sample }
    }

    fn seconds(held: &Held) -> u64 {
        held.sample.collected_at.since(Timestamp::MIN).as_secs()
    }

    #[test]
    fn samples_come_in_the_order_of_their_times_once_all_was_read_up_to_them() {
        let mut loose = Loose::default();
        for (partition, offset, time) in [(0, 0, 5), (0, 1, 9), (1, 0, 3), (1, 1, 7), (1, 2, 60)] {
            assert_eq!(loose.hold(held(partition, offset, time), after(10)), None);
        }
        let mut until = |read| -> Vec<u64> {
            let each =
                std::iter::from_fn(|| Some(loose.next_until(after(read))).filter(|held| !held.is_empty()));
            each.flatten().map(|held| seconds(&held)).collect()
        };
        assert_eq!(until(2), [0; 0]);
        assert_eq!(until(7), [3, 5, 7]);
        assert_eq!(until(10), [9, 60], "one that is ahead of the clock waits for the clock alone");
    }

    #[test]
    fn a_position_may_move_up_to_the_first_that_waits() {
        let mut loose = Loose::default();
        let log = held(0, 0, 0).log;
        assert_eq!(loose.first_offsets().get(&log), None);
        for (partition, offset, time) in [(0, 7, 5), (0, 6, 9), (1, 2, 3)] {
            loose.hold(held(partition, offset, time), after(10));
        }
        assert_eq!(loose.first_offsets().get(&log), Some(&6));
        loose.next_until(after(5));
        loose.release(&log);
        assert_eq!(loose.first_offsets().get(&log), None);
    }

    #[test]
    fn as_many_wait_as_the_bound_allows_and_then_the_oldest_does_not() {
        let mut loose = Loose::default();
        for offset in 0..MAX_LOOSE {
            assert_eq!(loose.hold(held(0, offset, 1 + offset), after(MAX_LOOSE)), None);
        }
        assert_eq!(loose.hold(held(0, MAX_LOOSE, 0), after(MAX_LOOSE)).map(|held| seconds(&held)), Some(0));
        assert_eq!(loose.hold(held(0, MAX_LOOSE, 2), after(MAX_LOOSE)).map(|held| seconds(&held)), Some(1));
    }
}
