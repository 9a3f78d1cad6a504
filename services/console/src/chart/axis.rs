//! Grid lines and time marks.

use super::FRAME;
use crate::explore::Span;
use crate::format::{Scale, Shown};
use crate::sparkline::Axes;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::step_within;

/// Target number of horizontal grid lines.
const LEVELS: f64 = 5.0;
/// Most intervals between time marks: on a phone more texts would overlap.
const MAX_INTERVALS: u64 = 8;
/// A time mark closer to an edge than this share of the width is omitted: its text would not fit.
const EDGE: f64 = 0.06;
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// From this distance on, marks have the year.
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

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
    /// RFC 3339, for the script that shows local time.
    pub(crate) at: String,
    /// Whether the marks are days.
    pub(crate) is_day: bool,
}

/// The range of the value axis: slightly wider than the values.
pub(crate) fn with_room(min: f64, max: f64) -> (f64, f64) {
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
pub(crate) fn levels(axes: &Axes, unit: &str) -> Vec<Level> {
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
pub(crate) fn times(span: Span) -> Vec<Time> {
    let tick = step_within(span.from, span.to, MAX_INTERVALS);
    let mut at = span.from.window_start(tick).plus(tick);
    let mut times = Vec::new();
    while at < span.to {
        let share = share_of(at, span);
        if (EDGE..=1.0 - EDGE).contains(&share) {
            times.push(Time {
                x: percent(share),
                text: time_text(at, tick),
                at: at.to_string(),
                is_day: tick >= DAY,
            });
        }
        at = at.plus(tick);
    }
    times
}

/// The time of day or the date, cut from RFC 3339.
fn time_text(at: Timestamp, tick: Duration) -> String {
    let text = at.to_string();
    let part = if tick >= MONTH {
        0..10
    } else if tick >= DAY || at.window_start(DAY) == at {
        5..10
    } else if tick < MINUTE {
        11..19
    } else {
        11..16
    };
    text.get(part).unwrap_or_default().to_owned()
}

/// How far an instant is from the left, as a share of the width.
pub(super) fn share_of(at: Timestamp, span: Span) -> f64 {
    (at.since(span.from).as_secs_f64() / span.length().as_secs_f64()).clamp(0.0, 1.0)
}

pub(crate) fn percent(share: f64) -> String {
    format!("{:.2}", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: &str) -> Span {
        Span { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn texts(min: f64, max: f64, unit: &str) -> Vec<String> {
        let Span { from, to } = span("2026-11-20T09:05:00Z", "2026-11-20T10:05:00Z");
        levels(&Axes { from, to, min, max }, unit).into_iter().map(|level| level.text).collect()
    }

    #[test]
    fn levels_are_round_numbers_of_the_unit_shown() {
        assert_eq!(texts(0.0, 100.0, "percent"), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(texts(0.0, 1.3 * 1_073_741_824.0, "bytes"), ["0.0 GiB", "0.5 GiB", "1.0 GiB"]);
        assert_eq!(texts(0.2, 0.31, ""), ["0.20", "0.25", "0.30"]);
    }

    #[test]
    fn times_are_full_and_keep_off_the_edges() {
        for (from, to, expected) in [
            (
                "2026-11-20T09:05:00Z",
                "2026-11-20T10:05:00Z",
                &["09:10", "09:20", "09:30", "09:40", "09:50", "10:00"][..],
            ),
            ("2026-11-20T09:05:00Z", "2026-11-20T09:05:20Z", &["09:05:05", "09:05:10", "09:05:15"]),
            ("2026-11-19T10:05:00Z", "2026-11-20T10:05:00Z", &["12:00", "18:00", "11-20", "06:00"]),
            (
                "2026-11-18T00:00:00Z",
                "2026-11-22T00:00:00Z",
                &["12:00", "11-19", "12:00", "11-20", "12:00", "11-21", "12:00"],
            ),
        ] {
            let found: Vec<_> = times(span(from, to)).into_iter().map(|time| time.text).collect();
            assert_eq!(found, expected);
        }
        let year = times(span("2025-11-20T00:00:00Z", "2026-11-20T00:00:00Z"));
        assert!(year.iter().all(|time| time.text.len() == 10) && year.len() >= 4, "{year:?}");
        assert_eq!(times(span("2026-11-20T09:05:00Z", "2026-11-20T10:05:00Z"))[0].x, "8.33");
    }
}
