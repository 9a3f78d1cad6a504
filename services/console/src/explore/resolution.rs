//! How finely a range is shown, and from what.

use super::function::Function;
use super::span::Span;
use std::time::Duration;
use watchkeeper_domain::{RollupQuery, Timestamp, Window};
use watchkeeper_query::step_within;

/// Longer ranges come from rollups: the samples of two days are read fast enough for a page, those of a year are not.
pub(crate) const SAMPLES_UP_TO: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Where points come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Samples,
    Rollups(Window),
}

/// The length of the window of each point, and where points come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) step: Duration,
    pub(crate) origin: Origin,
}

impl Resolution {
    /// At most `most` points, and at most one more at an edge. `oldest` is the instant of the oldest sample, if it is
    /// known: a range that begins before it comes from rollups, which are kept longer.
    pub(crate) fn of(span: Span, most: u64, function: Function, oldest: Option<Timestamp>) -> Self {
        let (hour, day) = (Window::Hour.length(), Window::Day.length());
        let step = step_within(span.from, span.to, most);
        let has_samples = oldest.is_none_or(|oldest| oldest <= span.from.plus(hour));
        if span.length() <= SAMPLES_UP_TO && has_samples {
            return Self { step, origin: Origin::Samples };
        }
        let mut step = step.max(hour);
        if function == Function::P95 && step > hour {
            // Percentiles of several windows cannot be put together: one for each day is as good as it gets.
            step = step.max(day);
        }
        // A day more, because both ends may be cut.
        let hours = (span.length() + day).as_secs() / hour.as_secs();
        if step < day && hours > RollupQuery::MAX_WINDOWS {
            step = day;
        }
        let window = if step < day { Window::Hour } else { Window::Day };
        Self { step, origin: Origin::Rollups(window) }
    }

    /// What a page says about it, if it is not the samples: `hourly rollups`.
    pub(crate) const fn remark(self) -> Option<&'static str> {
        match self.origin {
            Origin::Samples => None,
            Origin::Rollups(Window::Hour) => Some("hourly rollups"),
            Origin::Rollups(Window::Day) => Some("daily rollups"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::SeriesFilter;

    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;

    fn of(length: u64, most: u64, function: Function) -> (u64, Option<&'static str>) {
        let to: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let span = Span { from: to.minus(Duration::from_secs(length)), to };
        let found = Resolution::of(span, most, function, None);
        (found.step.as_secs(), found.remark())
    }

    #[test]
    fn a_long_range_comes_from_rollups_and_a_short_one_from_samples() {
        for (length, most, function, expected) in [
            (HOUR, 300, Function::Avg, (15, None)),
            (2 * DAY, 300, Function::Avg, (600, None)),
            (2 * DAY + 1, 300, Function::Avg, (HOUR, Some("hourly rollups"))),
            (7 * DAY, 1_000, Function::Rate, (HOUR, Some("hourly rollups"))),
            (90 * DAY, 300, Function::Avg, (12 * HOUR, Some("hourly rollups"))),
            (90 * DAY, 300, Function::P95, (DAY, Some("daily rollups"))),
            (7 * DAY, 300, Function::P95, (HOUR, Some("hourly rollups"))),
            (365 * DAY, 300, Function::Max, (2 * DAY, Some("daily rollups"))),
            (400 * DAY, 1_000, Function::Max, (DAY, Some("daily rollups"))),
        ] {
            assert_eq!(of(length, most, function), expected, "{length} {most} {function:?}");
        }
    }

    #[test]
    fn a_short_range_from_before_the_oldest_sample_comes_from_rollups() {
        let to: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let span = Span { from: to.minus(Duration::from_secs(6 * HOUR)), to };
        let of = |oldest| Resolution::of(span, 300, Function::Avg, Some(oldest)).remark();
        assert_eq!(of(to), Some("hourly rollups"));
        assert_eq!(of(span.from), None);
    }

    proptest! {
        #[test]
        fn no_range_gives_more_points_than_the_limit_or_windows_than_the_store_answers(
            end in 4_000 * DAY..20_000 * DAY, length in 10..3_660 * DAY, most in 50_u64..1_000, is_p95: bool,
        ) {
            let to = Timestamp::MIN.plus(Duration::from_secs(end));
            let span = Span { from: to.minus(Duration::from_secs(length)), to };
            let function = if is_p95 { Function::P95 } else { Function::Avg };
            let found = Resolution::of(span, most, function, None);
            let points = span.to.since(span.from.window_start(found.step)).as_secs().div_ceil(found.step.as_secs());
            prop_assert!(points <= most, "{}", points);
            if let Origin::Rollups(window) = found.origin {
                prop_assert_eq!(found.step.as_secs() % window.length().as_secs(), 0);
                let last = window.start(span.to).plus(window.length());
                let asked = RollupQuery::new(SeriesFilter::default(), window, span.from.window_start(found.step), last);
                prop_assert!(asked.is_ok());
            }
        }
    }
}
