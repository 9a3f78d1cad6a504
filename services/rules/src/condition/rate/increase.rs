//! The increase of a counter over a sliding window, without keeping the window.

use crate::condition::past::{Seen, Unreadable};
use bytes::{Buf, BufMut};
use std::time::Duration;

/// Steps per window: kept points are at least one step apart.
const STEPS: u32 = 16;
/// Most points that a series keeps.
pub(crate) const MAX_POINTS: usize = STEPS as usize;

/// What a counter has risen by since its first sample, at some instants of the window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Increase {
    /// The sum of the values before each reset.
    before_resets: f64,
    newest: Seen,
    /// Earlier points, the oldest first: the value is the sum of the counter and `before_resets`.
    points: Vec<Seen>,
}

impl Increase {
    /// Starts with the first value.
    pub(super) fn new(first: Seen) -> Self {
        Self { before_resets: 0.0, newest: first, points: Vec::new() }
    }

    /// Adds the newest value; drops points more than `over` before it, but keeps at least one.
    pub(super) fn add(&mut self, seen: Seen, over: Duration) {
        let previous = self.total();
        let is_due = |last: &Seen| previous.at.since(last.at) >= over / STEPS;
        let is_outside = |point: &Seen| seen.at.since(point.at) > over;
        if self.points.last().is_none_or(|last| is_due(last) || is_outside(last)) {
            self.points.push(previous);
        }
        let outside = self.points.iter().take_while(|point| is_outside(point)).count();
        self.points.drain(..outside.min(self.points.len() - 1));
        if seen.value < self.newest.value {
            self.before_resets += self.newest.value;
        }
        self.newest = seen;
        if !self.total().value.is_finite() {
            // Such large values overflow: start over rather than never compute a rate again.
            *self = Self::new(seen);
        }
    }

    /// The mean increase per second over the window; `None` with a single sample.
    pub(super) fn per_second(&self) -> Option<f64> {
        let (from, to) = (self.points.first()?, self.total());
        let seconds = to.at.since(from.at).as_secs_f64();
        (seconds > 0.0).then(|| (to.value - from.value) / seconds)
    }

    fn total(&self) -> Seen {
        Seen { value: self.newest.value + self.before_resets, ..self.newest }
    }

    pub(crate) fn write(&self, out: &mut impl BufMut) {
        out.put_f64(self.before_resets);
        self.newest.write(out);
        out.put_u8(u8::try_from(self.points.len()).expect("at most MAX_POINTS are kept"));
        self.points.iter().for_each(|point| point.write(out));
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        let (before_resets, newest) = (bytes.try_get_f64()?, Seen::read(bytes)?);
        let length = usize::from(bytes.try_get_u8()?);
        if length > MAX_POINTS {
            return Err(Unreadable::Wrong("the number of points"));
        }
        let points = (0..length).map(|_| Seen::read(bytes)).collect::<Result<_, _>>()?;
        Ok(Self { before_resets, newest, points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::Timestamp;

    const OVER: Duration = Duration::from_secs(160);

    fn seen(second: u64, value: f64) -> Seen {
        Seen { at: Timestamp::MIN.plus(Duration::from_secs(second)), value }
    }

    #[test]
    fn the_most_points_that_a_series_keeps_are_reached_and_not_exceeded() {
        let mut increase = Increase::new(seen(0, 0.0));
        let mut most = 0;
        for second in 1..1000_u32 {
            increase.add(seen(second.into(), second.into()), OVER);
            most = most.max(increase.points.len());
        }
        assert_eq!(most, MAX_POINTS);
        assert_eq!(increase.per_second(), Some(1.0));
    }

    #[test]
    fn samples_further_apart_than_the_window_have_the_rate_between_the_last_two() {
        let mut increase = Increase::new(seen(0, 0.0));
        increase.add(seen(1000, 1000.0), OVER);
        increase.add(seen(2000, 11_000.0), OVER);
        assert_eq!((increase.per_second(), increase.points.len()), (Some(10.0), 1));
    }

    #[test]
    fn values_that_overflow_start_over() {
        let mut increase = Increase::new(seen(0, f64::MAX));
        increase.add(seen(10, f64::MAX / 2.0), OVER);
        assert_eq!(increase, Increase::new(seen(10, f64::MAX / 2.0)));
    }

    proptest! {
        #[test]
        fn a_counter_with_resets_has_the_rate_of_one_without(
            steps in proptest::collection::vec((1_u64..60, 0_u32..9, any::<bool>()), 1..200),
        ) {
            let (mut with, mut without) = (Increase::new(seen(0, 0.0)), Increase::new(seen(0, 0.0)));
            let (mut now, mut counter, mut total) = (0, 0, 0);
            for (later, by, is_reset) in steps {
                (now, total) = (now + later, total + by);
                // A counter that has risen past its old value since a reset looks as if it had not been reset.
                counter = if is_reset && by < counter { by } else { counter + by };
                with.add(seen(now, counter.into()), OVER);
                without.add(seen(now, total.into()), OVER);
                prop_assert_eq!(with.per_second(), without.per_second());
                prop_assert!(with.points.len() <= MAX_POINTS);
                let mut written = Vec::new();
                with.write(&mut written);
                prop_assert_eq!(Increase::read(&mut &written[..]), Ok(with.clone()));
            }
        }
    }
}
