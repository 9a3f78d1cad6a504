//! One segment for each day.

use std::collections::HashMap;
use std::fmt::Write as _;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_query::DayChecks;

/// The width of a day in the drawing, and that of its segment.
const DAY_WIDTH: u32 = 10;
const SEGMENT_WIDTH: u32 = 7;
/// The height of the drawing.
const HEIGHT: u32 = 30;
/// Below this share of successful checks, a day was bad.
const BAD_BELOW: f64 = 95.0;
/// Most days that the text alternative names.
const MAX_NAMED: usize = 10;

/// The segments of a service: days without a failed check in one path, and each other day on its own, with a title.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DayBars {
    /// The width of the drawing.
    pub(super) width: u32,
    /// The `d` of the path of days on which all checks succeeded.
    pub(super) well: String,
    /// The `d` of the path of days without checks.
    pub(super) unknown: String,
    pub(super) others: Vec<Segment>,
    /// The share of successful checks of all days, or that there were none.
    pub(super) uptime: String,
    /// The text alternative.
    pub(super) label: String,
}

/// A day on which some checks failed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) class: &'static str,
    /// The `d` of its path.
    pub(super) path: String,
    pub(super) title: String,
}

impl DayBars {
    /// The last `count` days up to `now`.
    pub(super) fn new(days: &[DayChecks], count: u32, now: Timestamp) -> Self {
        let by_start: HashMap<_, _> = days.iter().map(|day| (day.start, day)).collect();
        let today = Window::Day.start(now);
        let (mut well, mut unknown, mut others) = (String::new(), String::new(), Vec::new());
        for index in 0..count {
            let start = today.minus(Window::Day.length() * (count - 1 - index));
            match by_start.get(&start).map(|day| percent(day.up, day.checks)) {
                None => push(&mut unknown, index, HEIGHT / 4),
                Some(percent) if percent >= 100.0 => push(&mut well, index, HEIGHT),
                Some(percent) => others.push(Segment::new(index, start, percent, start == today)),
            }
        }
        let uptime = uptime(days).map_or_else(|| "no data".to_owned(), |percent| format!("{percent:.2} %"));
        let label = label(&uptime, count, &others);
        Self { width: count * DAY_WIDTH - (DAY_WIDTH - SEGMENT_WIDTH), well, unknown, others, uptime, label }
    }
}

/// The share of successful checks of all days in percent; `None` without checks.
pub(super) fn uptime(days: &[DayChecks]) -> Option<f64> {
    let (up, checks) = days.iter().fold((0.0, 0), |(up, checks), day| (up + day.up, checks + day.checks));
    (checks > 0).then(|| percent(up, checks))
}

impl Segment {
    fn new(index: u32, start: Timestamp, percent: f64, is_today: bool) -> Self {
        let (class, height) = if percent < BAD_BELOW { ("bad", HEIGHT) } else { ("partial", HEIGHT * 2 / 3) };
        let mut path = String::new();
        push(&mut path, index, height);
        let so_far = if is_today { " so far today" } else { "" };
        Self { class, path, title: format!("{}: {percent:.2} %{so_far}", date(start)) }
    }
}

/// Adds a segment that stands on the ground.
fn push(path: &mut String, index: u32, height: u32) {
    let (x, y) = (index * DAY_WIDTH, HEIGHT - height);
    let _ = write!(path, "M{x} {y}h{SEGMENT_WIDTH}v{height}h-{SEGMENT_WIDTH}z");
}

/// The share of checks in percent with two decimals, rounded down, so that 100 means that every check succeeded.
#[expect(clippy::cast_precision_loss, reason = "2^53 checks do not occur")]
fn percent(up: f64, checks: u64) -> f64 {
    // Less than a millionth of a percent is an error of rounding.
    ((up / checks as f64).clamp(0.0, 1.0) * 10_000.0 + 1e-6).floor() / 100.0
}

fn date(start: Timestamp) -> String {
    start.to_string().split('T').next().unwrap_or_default().to_owned()
}

fn label(uptime: &str, count: u32, others: &[Segment]) -> String {
    let mut label = format!("Uptime of the last {count} days: {uptime}");
    let named: Vec<_> = others.iter().rev().take(MAX_NAMED).map(|day| day.title.as_str()).collect();
    if !named.is_empty() {
        let _ = write!(label, ". Days with failed checks: {}", named.join("; "));
    }
    if others.len() > MAX_NAMED {
        let _ = write!(label, "; and {} more", others.len() - MAX_NAMED);
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(days: &[(u32, u64, f64)], count: u32) -> DayBars {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let start = |ago: u32| Window::Day.start(now).minus(Window::Day.length() * ago);
        let days: Vec<_> =
            days.iter().map(|&(ago, checks, up)| DayChecks { start: start(ago), checks, up }).collect();
        DayBars::new(&days, count, now)
    }

    #[test]
    fn each_day_is_a_segment_whose_height_and_colour_say_how_it_was() {
        let bars = bars(&[(3, 100, 100.0), (2, 100, 99.0), (1, 100, 94.9), (0, 50, 49.5)], 5);
        assert_eq!(bars.width, 47);
        assert_eq!((bars.unknown.as_str(), bars.well.as_str()), ("M0 23h7v7h-7z", "M10 0h7v30h-7z"));
        let others: Vec<_> = bars.others.iter().map(|day| (day.class, day.title.as_str())).collect();
        assert_eq!(
            others,
            [
                ("partial", "2026-11-18: 99.00 %"),
                ("bad", "2026-11-19: 94.90 %"),
                ("partial", "2026-11-20: 99.00 % so far today")
            ]
        );
        assert_eq!(bars.uptime, "98.11 %");
        assert!(
            bars.label.starts_with("Uptime of the last 5 days: 98.11 %. Days with failed checks: 2026-11-20")
        );
    }

    #[test]
    fn one_failed_check_in_a_quarter_is_not_a_hundred_percent() {
        let bars = bars(&[(1, 1_000_000, 999_999.0)], 90);
        assert_eq!((bars.uptime.as_str(), bars.others.len()), ("99.99 %", 1));
    }

    #[test]
    fn without_checks_there_is_no_uptime() {
        let bars = bars(&[], 7);
        assert_eq!((bars.uptime.as_str(), bars.well.as_str(), bars.others.len()), ("no data", "", 0));
        assert_eq!(bars.label, "Uptime of the last 7 days: no data");
    }

    #[test]
    fn of_many_bad_days_the_label_names_the_last() {
        let days: Vec<_> = (0..90).map(|ago| (ago, 100, 50.0)).collect();
        let label = bars(&days, 90).label;
        assert_eq!(label.matches(" 50.00 %").count(), MAX_NAMED + 1, "{label}");
        assert!(label.ends_with("; and 80 more"), "{label}");
    }
}
