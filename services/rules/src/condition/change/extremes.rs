//! Minima and maxima of a sliding window, without keeping the window.

use crate::condition::past::{Seen, Unreadable};
use bytes::{Buf, BufMut};
use std::time::Duration;

/// Steps per window: kept values are at least one step apart.
const STEPS: u32 = 16;
/// Most values that one side keeps.
pub(crate) const MAX_KEPT: usize = STEPS as usize + 1;

/// The values that are, or will become, the minimum or maximum of the window.
///
/// A value above a later one can never be the minimum again, so the kept minima ascend, and the first is the minimum
/// of the window; likewise the maxima descend. A steady series keeps one of each. A value less than a step after the
/// last kept one is skipped if that one is more extreme: when that one leaves the window, the window counts as up to
/// a step shorter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extremes {
    lows: Vec<Seen>,
    highs: Vec<Seen>,
}

impl Extremes {
    /// Adds the newest value to the minima; drops those more than `within` before it.
    pub(super) fn add_low(&mut self, seen: Seen, within: Duration) {
        add(&mut self.lows, seen, within, |kept| kept < seen.value);
    }

    /// The same for the maxima.
    pub(super) fn add_high(&mut self, seen: Seen, within: Duration) {
        add(&mut self.highs, seen, within, |kept| kept > seen.value);
    }

    /// The minima of the window, lowest and oldest first.
    pub(super) fn lows(&self) -> &[Seen] {
        &self.lows
    }

    /// The maxima of the window, highest and oldest first.
    pub(super) fn highs(&self) -> &[Seen] {
        &self.highs
    }

    pub(crate) fn write(&self, out: &mut impl BufMut) {
        for side in [&self.lows, &self.highs] {
            out.put_u8(u8::try_from(side.len()).expect("at most MAX_KEPT are kept"));
            for seen in side {
                seen.write(out);
            }
        }
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        Ok(Self { lows: read_side(bytes)?, highs: read_side(bytes)? })
    }
}

fn read_side(bytes: &mut &[u8]) -> Result<Vec<Seen>, Unreadable> {
    let length = usize::from(bytes.try_get_u8()?);
    if length > MAX_KEPT {
        return Err(Unreadable::Wrong("the number of values"));
    }
    (0..length).map(|_| Seen::read(bytes)).collect()
}

fn add(side: &mut Vec<Seen>, seen: Seen, within: Duration, is_more_extreme: impl Fn(f64) -> bool) {
    let outside = side.iter().take_while(|kept| seen.at.since(kept.at) > within).count();
    side.drain(..outside);
    let still_of_use = side.iter().take_while(|kept| is_more_extreme(kept.value)).count();
    side.truncate(still_of_use);
    if side.last().is_some_and(|last| seen.at.since(last.at) < within / STEPS) {
        return;
    }
    // Grows by one, because most series keep one or two and there are many of them.
    side.reserve_exact(1);
    side.push(seen);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::Timestamp;

    const WITHIN: Duration = Duration::from_secs(160);

    fn seen(second: u64, value: f64) -> Seen {
        Seen { at: Timestamp::MIN.plus(Duration::from_secs(second)), value }
    }

    #[test]
    fn the_most_that_a_side_keeps_is_reached_and_not_exceeded() {
        let mut extremes = Extremes::default();
        let mut most = 0;
        for second in 0..1000_u32 {
            extremes.add_low(seen(second.into(), second.into()), WITHIN);
            most = most.max(extremes.lows.len());
        }
        assert_eq!(most, MAX_KEPT);
    }

    proptest! {
        #[test]
        fn the_lowest_and_highest_are_those_of_the_window_or_of_one_a_step_shorter(
            values in proptest::collection::vec((1_u64..60, -9_i8..9), 1..200),
        ) {
            let (mut extremes, mut all, mut now) = (Extremes::default(), Vec::new(), 0);
            for (later, value) in values {
                now += later;
                let newest = seen(now, f64::from(value));
                all.push(newest);
                extremes.add_low(newest, WITHIN);
                extremes.add_high(newest, WITHIN);
                let window = |length: Duration| {
                    all.iter().filter(move |kept| newest.at.since(kept.at) <= length).map(|kept| kept.value)
                };
                let shorter = WITHIN.saturating_sub(WITHIN / STEPS);
                let lowest = extremes.lows()[0].value;
                prop_assert!(window(WITHIN).fold(f64::MAX, f64::min) <= lowest);
                prop_assert!(lowest <= window(shorter).fold(f64::MAX, f64::min));
                let highest = extremes.highs()[0].value;
                prop_assert!(window(WITHIN).fold(f64::MIN, f64::max) >= highest);
                prop_assert!(highest >= window(shorter).fold(f64::MIN, f64::max));
                prop_assert!(newest.at.since(extremes.lows()[0].at) <= WITHIN);
                let mut written = Vec::new();
                extremes.write(&mut written);
                prop_assert_eq!(Extremes::read(&mut &written[..]), Ok(extremes.clone()));
            }
        }
    }
}
