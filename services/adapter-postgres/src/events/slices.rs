//! Parts of a range of time, each searched by one statement.

use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::Order;

/// The first slice: a minute of a million events is searched in time.
const FIRST: Duration = Duration::from_secs(60);
/// A slice that took no longer is followed by one that is [`GREAT_GROWTH`] times as long: round trips took most of it.
const VERY_QUICK: Duration = Duration::from_millis(10);
const GREAT_GROWTH: u32 = 64;
/// A slice that took no longer is followed by one that is [`GROWTH`] times as long; it takes at most a part of the time
/// that there is.
const QUICK: Duration = Duration::from_millis(200);
const GROWTH: u32 = 8;
/// A slice that took no longer is followed by one that is twice as long.
const MODERATE: Duration = Duration::from_secs(1);

/// Goes through a range in growing slices.
pub(super) struct Slices {
    left: Range<Timestamp>,
    order: Order,
    length: Duration,
}

impl Slices {
    pub(super) fn of(range: Range<Timestamp>, order: Order) -> Self {
        Self { left: range, order, length: FIRST }
    }

    /// The next slice, which follows those that are [covered](Self::cover).
    pub(super) fn next(&self) -> Option<Range<Timestamp>> {
        let Range { start, end } = self.left;
        if start >= end {
            return None;
        }
        Some(match self.order {
            Order::NewestFirst => end.minus(self.length).max(start)..end,
            Order::OldestFirst => start..start.plus(self.length).min(end),
        })
    }

    /// Notes that this slice was searched, and how long it took.
    pub(super) fn cover(&mut self, slice: &Range<Timestamp>, took: Duration) {
        match self.order {
            Order::NewestFirst => self.left.end = slice.start,
            Order::OldestFirst => self.left.start = slice.end,
        }
        self.length = match took {
            took if took <= VERY_QUICK => self.length.saturating_mul(GREAT_GROWTH),
            took if took <= QUICK => self.length.saturating_mul(GROWTH),
            took if took <= MODERATE => self.length * 2,
            _ => self.length,
        };
    }

    /// The border between what is covered and what is left.
    pub(super) fn border(&self) -> Timestamp {
        match self.order {
            Order::NewestFirst => self.left.end,
            Order::OldestFirst => self.left.start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn all(range: Range<Timestamp>, order: Order, took: Duration) -> Vec<Range<Timestamp>> {
        let mut slices = Slices::of(range, order);
        std::iter::from_fn(|| {
            let slice = slices.next()?;
            slices.cover(&slice, took);
            Some(slice)
        })
        .collect()
    }

    #[test]
    fn slices_cover_the_range_without_gaps_in_either_order() {
        let range = at("2026-11-20T00:00:00Z")..at("2026-11-20T10:00:00.5Z");
        for took in [Duration::ZERO, QUICK + MODERATE / 2, MODERATE * 2] {
            let mut newest = all(range.clone(), Order::NewestFirst, took);
            newest.reverse();
            for slices in [newest, all(range.clone(), Order::OldestFirst, took)] {
                assert_eq!((slices[0].start, slices.last().unwrap().end), (range.start, range.end));
                assert!(slices.windows(2).all(|pair| pair[0].end == pair[1].start));
            }
        }
    }

    #[test]
    fn slices_grow_while_they_are_quick() {
        let everything = Timestamp::MIN..Timestamp::MAX;
        assert!(all(everything, Order::NewestFirst, Duration::ZERO).len() < 15);
        let hour = at("2026-11-20T00:00:00Z")..at("2026-11-20T01:00:00Z");
        assert_eq!(all(hour.clone(), Order::OldestFirst, VERY_QUICK).len(), 2);
        assert_eq!(all(hour.clone(), Order::OldestFirst, QUICK).len(), 3);
        assert_eq!(all(hour.clone(), Order::OldestFirst, MODERATE * 2).len(), 60);
        assert_eq!(all(hour, Order::OldestFirst, MODERATE).len(), 6);
    }

    #[test]
    fn an_empty_range_has_none() {
        assert!(Slices::of(Timestamp::MIN..Timestamp::MIN, Order::NewestFirst).next().is_none());
        assert!(Slices::of(Timestamp::MAX..Timestamp::MIN, Order::OldestFirst).next().is_none());
    }
}
