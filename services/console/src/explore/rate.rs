//! The rate of a counter.

use crate::sparkline::usual_distance;
use std::time::Duration;
use watchkeeper_domain::{Point, Timestamp};

/// Points further apart than this have no rate between them, unless they usually are: the counter may have been reset
/// more than once. The range in which Prometheus looks for a sample.
const LONGEST_GAP: Duration = Duration::from_secs(5 * 60);
/// The same as a multiple of the usual distance.
const GAP_FACTOR: f64 = 2.5;

/// How far before a range its first rate may begin.
pub(crate) fn reach_back(step: Duration) -> Duration {
    step.max(LONGEST_GAP)
}

/// The increase per second in each window of length `step` from the one around `from` on. `points` are values of a
/// counter, in time order. A counter that falls was reset and has risen from 0 since, as in Prometheus. A window has
/// what rose up to its own points since the point before each; one without points is omitted.
pub(crate) fn per_second(points: &[Point], step: Duration, from: Timestamp) -> Vec<Point> {
    let longest = LONGEST_GAP.max(usual_distance(points).mul_f64(GAP_FACTOR));
    let mut windows: Vec<(Timestamp, f64, f64)> = Vec::new();
    for pair in points.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let apart = after.at.since(before.at);
        let start = after.at.window_start(step);
        if apart > longest || apart.is_zero() || start < from.window_start(step) {
            continue;
        }
        let risen = if after.value < before.value { after.value } else { after.value - before.value };
        match windows.last_mut() {
            Some((at, increase, seconds)) if *at == start => {
                *increase += risen;
                *seconds += apart.as_secs_f64();
            }
            _ => windows.push((start, risen, apart.as_secs_f64())),
        }
    }
    let rates = windows.into_iter().map(|(at, increase, seconds)| Point { at, value: increase / seconds });
    rates.filter(|point| point.value.is_finite()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: u64) -> Timestamp {
        Timestamp::MIN.plus(Duration::from_secs(second))
    }

    fn rates(step: u64, points: &[(u64, f64)]) -> Vec<(u64, f64)> {
        let points: Vec<_> = points.iter().map(|&(second, value)| Point { at: at(second), value }).collect();
        let rates = per_second(&points, Duration::from_secs(step), at(0));
        rates.iter().map(|point| (point.at.since(at(0)).as_secs(), point.value)).collect()
    }

    #[test]
    fn a_rate_is_what_rose_in_a_window() {
        assert_eq!(rates(30, &[(0, 0.0), (15, 30.0), (30, 60.0), (45, 60.0)]), [(0, 2.0), (30, 1.0)]);
        assert_eq!(rates(30, &[(0, 7.0)]), []);
    }

    #[test]
    fn a_counter_that_was_reset_has_risen_from_0_since() {
        assert_eq!(rates(60, &[(0, 1000.0), (30, 1030.0), (45, 15.0), (59, 29.0)]), [(0, 1.0)]);
    }

    #[test]
    fn there_is_no_rate_across_a_gap_unless_samples_are_always_that_far_apart() {
        assert_eq!(rates(60, &[(0, 0.0), (60, 60.0), (600, 1.0), (660, 61.0)]), [(60, 1.0), (660, 1.0)]);
        assert_eq!(rates(600, &[(0, 0.0), (600, 600.0), (1200, 1800.0)]), [(600, 1.0), (1200, 2.0)]);
    }

    #[test]
    fn what_was_before_the_range_counts_as_the_value_to_rise_from_and_has_no_point() {
        let points =
            [(60, 0.0), (90, 30.0), (120, 90.0)].map(|(second, value)| Point { at: at(second), value });
        let rates = per_second(&points, Duration::from_secs(30), at(121));
        assert_eq!(rates, [Point { at: at(120), value: 2.0 }]);
    }

    proptest! {
        #[test]
        fn rates_add_up_to_what_a_counter_rose_whatever_the_step_and_the_resets(
            rises in prop::collection::vec((0_u32..50, any::<bool>()), 1..100), step in 1_u64..200,
        ) {
            let (mut value, mut total, mut points) = (0.0, 0.0, vec![Point { at: at(0), value: 0.0 }]);
            for (index, (risen, is_reset)) in (1..).zip(&rises) {
                // A reset is seen if the counter is lower afterwards.
                let (risen, before) = (f64::from(*risen), value);
                value = if *is_reset && risen < before { risen } else { before + risen };
                total += risen;
                points.push(Point { at: at(10 * index), value });
            }
            let step = Duration::from_secs(step);
            let rates = per_second(&points, step, at(0));
            let mut sum = 0.0;
            for rate in &rates {
                let within = points[1..].iter().filter(|point| point.at.window_start(step) == rate.at).count();
                prop_assert!(rate.value >= 0.0);
                prop_assert_eq!(rate.at.window_start(step), rate.at);
                sum += rate.value * 10.0 * f64::from(u32::try_from(within).unwrap());
            }
            prop_assert!((sum - total).abs() < 1e-6, "{} {}", sum, total);
        }
    }
}
