//! The chart of one series.

use crate::format::{Scale, Shown};
use crate::gather::Lines;
use crate::lookback::Lookback;
use crate::sparkline::{Axes, Frame, extremes};
use watchkeeper_domain::Timestamp;

/// The plot: its height in pixels; on the time axis one unit is a thousandth of its width.
const FRAME: Frame = Frame { width: 1_000.0, height: 220.0, margin: 0.0 };
/// Target number of horizontal grid lines.
const LEVELS: f64 = 5.0;
/// A time mark closer to an edge than this share of the width is omitted: its text would not fit.
const EDGE: f64 = 0.06;

/// The windows of one series over time: the mean as a line, minimum to maximum as a band.
pub(crate) struct Chart {
    /// The `d` of an SVG path.
    pub(crate) line: String,
    /// The `d` of an SVG path.
    pub(crate) band: String,
    pub(crate) levels: Vec<Level>,
    pub(crate) times: Vec<Time>,
    /// The text alternative of the chart.
    pub(crate) title: String,
}

/// A horizontal grid line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Level {
    /// Pixels from the top.
    pub(crate) y: String,
    pub(crate) text: String,
}

/// A mark on the time axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Time {
    /// Percent of the width from the left.
    pub(crate) x: String,
    pub(crate) text: String,
}

impl Chart {
    /// The chart of `lines`; `None` if there are no points.
    pub(crate) fn new(lines: &Lines, unit: &str, lookback: Lookback, now: Timestamp) -> Option<Self> {
        let (min, ..) = extremes(&lines.smallest)?;
        let (.., max) = extremes(&lines.largest)?;
        let (_, mean, _) = extremes(&lines.mean)?;
        let (low, high) = with_room(min, max);
        let axes = Axes { from: lookback.from(now), to: now, min: low, max: high };
        let [least, middle, most] = [min, mean, max].map(|value| Shown::new(value, unit).text);
        Some(Self {
            line: FRAME.line(&lines.mean, &axes),
            band: FRAME.band(&lines.smallest, &lines.largest, &axes),
            levels: levels(&axes, unit),
            times: times(&axes, lookback),
            title: format!("{}: min {least}, avg {middle}, max {most}", lookback.title()),
        })
    }
}

/// The range of the value axis: slightly wider than the values.
fn with_room(min: f64, max: f64) -> (f64, f64) {
    let height = max - min;
    let room = if height > 0.0 && height.is_finite() {
        height * 0.08
    } else {
        min.abs() * 0.1 + f64::from(min == 0.0)
    };
    let low = if min >= 0.0 { (min - room).max(0.0) } else { min - room };
    (low.max(f64::MIN), (max + room).min(f64::MAX))
}

/// Grid lines at round numbers, in the unit of the largest value.
fn levels(axes: &Axes, unit: &str) -> Vec<Level> {
    let largest = if axes.max.abs() > axes.min.abs() { axes.max } else { axes.min };
    let divisor = Scale::of(largest, unit).map_or(1.0, |scale| scale.divisor);
    let step = round_step((axes.max / divisor - axes.min / divisor) / LEVELS);
    if !step.is_normal() {
        return Vec::new();
    }
    let first = (axes.min / divisor / step).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few decimals, at most 20")]
    let decimals = (-step.log10().floor()).clamp(0.0, 20.0) as usize;
    (0..=10)
        .map(|index| (first + f64::from(index)) * step * divisor)
        .take_while(|value| *value <= axes.max)
        .map(|value| Level {
            y: format!("{:.1}", FRAME.y(value, axes)),
            text: level_text(value, largest, unit, decimals),
        })
        .collect()
}

fn level_text(value: f64, largest: f64, unit: &str, decimals: usize) -> String {
    match Scale::of(largest, unit) {
        Some(scale) => Scale { decimals: decimals..=decimals, ..scale }.show(value),
        None => Shown::new(value, unit).text,
    }
}

/// Rounds up to 1, 2 or 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let multiple = [1.0, 2.0, 5.0].into_iter().find(|multiple| multiple * power >= step).unwrap_or(10.0);
    multiple * power
}

/// Marks at round times of day or at midnight (UTC).
fn times(axes: &Axes, lookback: Lookback) -> Vec<Time> {
    let tick = lookback.tick();
    let mut at = axes.from.window_start(tick).plus(tick);
    let mut times = Vec::new();
    while at < axes.to {
        let share = FRAME.x(at, axes) / FRAME.width;
        if (EDGE..=1.0 - EDGE).contains(&share) {
            times.push(Time { x: format!("{:.2}", share * 100.0), text: time_text(at, lookback) });
        }
        at = at.plus(tick);
    }
    times
}

/// The time of day or the day of the month, cut from RFC 3339.
fn time_text(at: Timestamp, lookback: Lookback) -> String {
    let text = at.to_string();
    let part = if lookback == Lookback::Week { 5..10 } else { 11..16 };
    text.get(part).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;
    use watchkeeper_domain::Point;

    fn now() -> Timestamp {
        "2026-11-20T10:05:00Z".parse().unwrap()
    }

    fn axes(min: f64, max: f64) -> Axes {
        Axes { from: Lookback::Hour.from(now()), to: now(), min, max }
    }

    fn texts(min: f64, max: f64, unit: &str) -> Vec<String> {
        levels(&axes(min, max), unit).into_iter().map(|level| level.text).collect()
    }

    #[test]
    fn levels_are_round_numbers_of_the_unit_shown() {
        assert_eq!(texts(0.0, 100.0, "percent"), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(texts(0.0, 1.3 * 1_073_741_824.0, "bytes"), ["0.0 GiB", "0.5 GiB", "1.0 GiB"]);
        assert_eq!(texts(0.2, 0.31, ""), ["0.20", "0.25", "0.30"]);
    }

    #[test]
    fn times_are_full_and_keep_off_the_edges() {
        let times = times(&axes(0.0, 1.0), Lookback::Hour);
        let texts: Vec<_> = times.iter().map(|time| time.text.as_str()).collect();
        assert_eq!(texts, ["09:10", "09:20", "09:30", "09:40", "09:50", "10:00"]);
        assert_eq!(times[0].x, "8.33");
    }

    fn chart(values: &[f64]) -> Option<Chart> {
        let points: Vec<Point> = (0_u64..)
            .zip(values)
            .map(|(minute, &value)| Point { at: now().minus(Duration::from_secs(60 * (50 - minute))), value })
            .collect();
        let lines = Lines { mean: points.clone(), smallest: points.clone(), largest: points };
        Chart::new(&lines, "bytes", Lookback::Hour, now())
    }

    #[test]
    fn no_points_are_no_chart() {
        assert!(chart(&[]).is_none());
    }

    proptest! {
        #[test]
        fn any_values_make_a_chart_of_few_levels(values in prop::collection::vec(prop_oneof![-1e4..1e4, prop::num::f64::NORMAL], 1..50)) {
            let chart = chart(&values).unwrap();
            prop_assert!(chart.levels.len() <= 11);
            for text in [&chart.line, &chart.band].into_iter().chain(chart.levels.iter().map(|level| &level.y)) {
                prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{}", text);
            }
        }
    }
}
