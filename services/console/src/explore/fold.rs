//! Rollups as the points of a line.

use super::function::Function;
use std::time::Duration;
use watchkeeper_domain::{Point, Rollup};

/// The points of `function` in windows of `step`, which is a multiple of the rollups' own. A percentile of
/// several rollups is the largest of theirs, which is at least that of all values. A rate needs [`maxima`].
pub(crate) fn fold(rollups: &[Rollup], step: Duration, function: Function) -> Vec<Point> {
    let windows = rollups.chunk_by(|one, next| one.start.window_start(step) == next.start.window_start(step));
    let points = windows.filter_map(|window| {
        let at = window.first()?.start.window_start(step);
        Some(Point { at, value: value(window, function)? })
    });
    points.filter(|point| point.value.is_finite()).collect()
}

fn value(window: &[Rollup], function: Function) -> Option<f64> {
    let count = || window.iter().map(count_of).sum::<f64>();
    let sum = || window.iter().map(|rollup| rollup.avg * count_of(rollup)).sum::<f64>();
    match function {
        Function::Avg => Some(match window {
            [one] => one.avg,
            _ => sum() / count(),
        }),
        Function::Sum => Some(sum()),
        Function::Count => Some(count()),
        Function::Min => window.iter().map(|rollup| rollup.min).reduce(f64::min),
        Function::Max => window.iter().map(|rollup| rollup.max).reduce(f64::max),
        Function::P95 => window.iter().map(|rollup| rollup.p95).reduce(f64::max),
        Function::Rate => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a window of 2^53 values does not occur")]
fn count_of(rollup: &Rollup) -> f64 {
    rollup.count as f64
}

/// The largest value of each rollup: of a counter the latest, unless it was reset in that window.
pub(crate) fn maxima(rollups: &[Rollup]) -> Vec<Point> {
    rollups.iter().map(|rollup| Point { at: rollup.start, value: rollup.max }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::{RollupBuilder, Timestamp, Window};

    /// A rollup of each hour from these values, if there are any.
    fn rollups(hours: &[Vec<f64>]) -> Vec<Rollup> {
        let mut builder = RollupBuilder::default();
        let rollup = |(hour, values): (u32, &Vec<f64>)| {
            for value in values {
                builder.add(*value);
            }
            builder.take(Timestamp::MIN.plus(hour * Window::Hour.length()))
        };
        (0..).zip(hours).filter_map(rollup).collect()
    }

    fn folded(hours: &[Vec<f64>], step: u32, function: Function) -> Vec<f64> {
        let points = fold(&rollups(hours), step * Window::Hour.length(), function);
        points.iter().map(|point| point.value).collect()
    }

    #[test]
    fn several_hours_are_folded_as_if_they_were_one_window() {
        let hours = [vec![1.0, 2.0, 3.0], vec![10.0], vec![], vec![7.0, 9.0]];
        for (function, expected) in [
            (Function::Avg, [4.0, 8.0]),
            (Function::Min, [1.0, 7.0]),
            (Function::Max, [10.0, 9.0]),
            (Function::Sum, [16.0, 16.0]),
            (Function::Count, [4.0, 2.0]),
        ] {
            assert_eq!(folded(&hours, 2, function), expected, "{function:?}");
        }
        assert_eq!(folded(&hours, 1, Function::P95), [3.0, 10.0, 9.0]);
        assert_eq!(maxima(&rollups(&hours)).len(), 3);
    }

    proptest! {
        #[test]
        fn each_point_stands_at_a_multiple_of_its_step_and_the_mean_is_between_the_extremes(
            hours in prop::collection::vec(prop::collection::vec(-1e9..1e9, 0..4), 1..60), step in 1_u32..13,
        ) {
            let rollups = rollups(&hours);
            let step = step * Window::Hour.length();
            let of = |function| fold(&rollups, step, function);
            let (min, avg, max) = (of(Function::Min), of(Function::Avg), of(Function::Max));
            prop_assert_eq!(min.len(), max.len());
            for ((min, avg), max) in min.iter().zip(&avg).zip(&max) {
                prop_assert_eq!(avg.at.window_start(step), avg.at);
                prop_assert!(min.value - 1.0 <= avg.value && avg.value <= max.value + 1.0);
            }
            let counted: f64 = of(Function::Count).iter().map(|point| point.value).sum();
            let values: usize = hours.iter().map(Vec::len).sum();
            prop_assert_eq!(counted.abs().to_string(), values.to_string());
        }
    }
}
