//! Rates, from counters of two readings.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The counters of the last reading and of this one. A counter that is new, or lower than before (the host or the device
/// was reset), has no rate.
///
/// Instants are monotonic and do not advance while the host is suspended, and neither do the counters: there is no spike
/// after it, or after the clock was set.
#[derive(Debug, Default)]
pub(super) struct Rates {
    read_at: Option<Instant>,
    /// From the last reading to this one.
    elapsed: Duration,
    counts: HashMap<String, u64>,
    last_counts: HashMap<String, u64>,
}

impl Rates {
    /// Begins a reading at `now`.
    pub(super) fn begin(&mut self, now: Instant) {
        let last = self.read_at.replace(now);
        self.elapsed = last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        self.last_counts = std::mem::take(&mut self.counts);
    }

    /// How fast the counter of that name rises, per second.
    pub(super) fn per_second(&mut self, name: String, count: u64) -> Option<f64> {
        let last = self.last_counts.get(&name).copied();
        self.counts.insert(name, count);
        let risen = count.checked_sub(last?)?;
        (!self.elapsed.is_zero()).then(|| float(risen) / self.elapsed.as_secs_f64())
    }
}

/// A count as a value.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53: 8 PiB in bytes")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// `part` of `whole` in percent; `None` of nothing.
pub(super) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| float(part) / float(whole) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rates of one counter, read at these seconds.
    fn rates(readings: &[(u64, Option<u64>)]) -> Vec<Option<f64>> {
        let (start, mut rates) = (Instant::now(), Rates::default());
        let read = |&(second, count): &(u64, Option<u64>)| {
            rates.begin(start + Duration::from_secs(second));
            rates.per_second("eth0".to_owned(), count?)
        };
        readings.iter().map(read).collect()
    }

    #[test]
    fn a_rate_needs_two_readings() {
        assert_eq!(rates(&[(0, Some(100)), (10, Some(150)), (30, Some(150))]), [None, Some(5.0), Some(0.0)]);
    }

    #[test]
    fn a_counter_that_goes_backwards_has_no_rate_and_no_spike_follows() {
        assert_eq!(rates(&[(0, Some(1000)), (10, Some(50)), (20, Some(70))]), [None, None, Some(2.0)]);
    }

    #[test]
    fn a_counter_that_comes_back_is_new() {
        assert_eq!(
            rates(&[(0, Some(1)), (10, None), (20, Some(9_000)), (30, Some(9_010))]),
            [None, None, None, Some(1.0)]
        );
    }

    #[test]
    fn two_readings_at_the_same_instant_have_no_rate() {
        assert_eq!(rates(&[(5, Some(1)), (5, Some(2))]), [None, None]);
    }

    #[test]
    fn nothing_is_no_share_of_nothing() {
        assert_eq!((percent(1, 4), percent(0, 0)), (Some(25.0), None));
    }
}
