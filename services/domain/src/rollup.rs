//! Rollups: five aggregates of a series over one window.

use crate::limits::Violation;
use crate::{Series, SeriesFilter, Timestamp};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The length of a rollup's window; windows are aligned to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

/// The text does not name a window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be hour or day")]
pub struct UnknownWindow;

impl Window {
    /// All of them, the shortest first.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// Its name in queries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Its length.
    pub const fn length(self) -> Duration {
        match self {
            Self::Hour => Duration::from_secs(60 * 60),
            Self::Day => Duration::from_secs(24 * 60 * 60),
        }
    }

    /// The start of the window around `at`.
    #[must_use]
    pub fn start(self, at: Timestamp) -> Timestamp {
        at.window_start(self.length())
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Window {
    type Err = UnknownWindow;

    fn from_str(text: &str) -> Result<Self, UnknownWindow> {
        Self::ALL.into_iter().find(|window| window.name() == text).ok_or(UnknownWindow)
    }
}

/// The values of one series in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rollup {
    /// The start of the window.
    pub start: Timestamp,
    /// Arithmetic mean.
    pub avg: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// How many there are; at least 1.
    pub count: u64,
    /// 95th percentile, see [`Aggregate::P95`](crate::Aggregate::P95).
    pub p95: f64,
}

/// A series and its rollups in order of time; a window without samples has none.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesRollups {
    /// The series.
    pub series: Arc<Series>,
    /// Its rollups.
    pub rollups: Vec<Rollup>,
}

/// A query for rollups: which series and windows. Valid by construction.
#[derive(Clone, Debug, PartialEq)]
pub struct RollupQuery {
    filter: SeriesFilter,
    window: Window,
    from: Timestamp,
    to: Timestamp,
}

impl RollupQuery {
    /// Most windows of one series in one answer: a year of hours, and a day.
    pub const MAX_WINDOWS: u64 = 367 * 24;

    /// The windows entirely between `from` and `to`: windows that are cut by `from` or `to` are omitted.
    ///
    /// # Errors
    /// If `from` is not before `to`, or there are more than [`Self::MAX_WINDOWS`].
    pub fn new(
        filter: SeriesFilter,
        window: Window,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Self, Violation> {
        if from >= to {
            return Err(Violation::new("from", "must be before to"));
        }
        let cut = window.start(from);
        let from = if cut < from { cut.plus(window.length()) } else { from };
        let to = window.start(to).max(from);
        let query = Self { filter, window, from, to };
        if query.windows() > Self::MAX_WINDOWS {
            let reason = format!("gives {} windows, the limit is {}", query.windows(), Self::MAX_WINDOWS);
            return Err(Violation::new("from", reason));
        }
        Ok(query)
    }

    /// Which series to return.
    pub fn filter(&self) -> &SeriesFilter {
        &self.filter
    }

    /// The windows' length.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The start of the first window.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// The end of the last window; [`Self::from`] if there is none.
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// How many windows of one series there are.
    pub fn windows(&self) -> u64 {
        self.to.since(self.from).as_secs() / self.window.length().as_secs()
    }
}

/// Aggregates the values of one window, given in order of time; keeps them all, for the percentile.
#[derive(Clone, Debug, Default)]
pub struct RollupBuilder {
    values: Vec<f64>,
    sum: f64,
    min: f64,
    max: f64,
}

impl RollupBuilder {
    /// Adds the next value.
    pub fn add(&mut self, value: f64) {
        let is_first = self.values.is_empty();
        self.sum += value;
        self.min = if is_first { value } else { self.min.min(value) };
        self.max = if is_first { value } else { self.max.max(value) };
        self.values.push(value);
    }

    /// How many values there are.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The rollup of the window at `start`, or `None` if nothing was added. Resets the builder, which keeps
    /// its memory for the next window.
    #[expect(clippy::cast_precision_loss, reason = "a window of 2^53 values does not occur")]
    pub fn take(&mut self, start: Timestamp) -> Option<Rollup> {
        let count = self.values.len();
        if count == 0 {
            return None;
        }
        let (_, &mut p95, _) =
            self.values.select_nth_unstable_by((count * 95).div_ceil(100) - 1, f64::total_cmp);
        let rollup = Rollup {
            start,
            avg: self.sum / count as f64,
            min: self.min,
            max: self.max,
            count: count as u64,
            p95,
        };
        self.values.clear();
        self.sum = 0.0;
        Some(rollup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accumulator, Aggregate};
    use proptest::prelude::*;

    fn query(window: Window, from: &str, to: &str) -> Result<(String, String), String> {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        RollupQuery::new(SeriesFilter::default(), window, from, to)
            .map(|query| (query.from().to_string(), query.to().to_string()))
            .map_err(|violation| violation.to_string())
    }

    #[test]
    fn only_whole_windows_are_meant() {
        let whole = query(Window::Hour, "2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z").unwrap();
        assert_eq!(whole, ("2026-11-20T10:00:00Z".into(), "2026-11-20T12:00:00Z".into()));
        assert_eq!(query(Window::Hour, "2026-11-20T09:00:01Z", "2026-11-20T12:59:59Z").unwrap(), whole);
        let none = query(Window::Day, "2026-11-20T09:00:01Z", "2026-11-20T12:59:59Z").unwrap();
        assert_eq!(none, ("2026-11-21T00:00:00Z".into(), "2026-11-21T00:00:00Z".into()));
    }

    #[test]
    fn too_many_windows_are_refused() {
        let year = query(Window::Hour, "2025-01-01T00:00:00Z", "2026-01-03T00:00:00Z");
        assert!(year.is_ok());
        let more = query(Window::Hour, "2025-01-01T00:00:00Z", "2026-01-03T01:00:00Z");
        assert_eq!(more.unwrap_err(), "from: gives 8809 windows, the limit is 8808");
        let backwards = query(Window::Day, "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z");
        assert_eq!(backwards.unwrap_err(), "from: must be before to");
    }

    proptest! {
        #[test]
        fn a_rollup_has_what_the_single_aggregates_have(
            windows in proptest::collection::vec(proptest::collection::vec(-1e9_f64..1e9, 0..50), 1..4),
        ) {
            let mut builder = RollupBuilder::default();
            for values in &windows {
                for &value in values {
                    builder.add(value);
                }
                let rollup = builder.take(Timestamp::MIN);
                let single = |aggregate| {
                    let mut accumulator = Accumulator::new(aggregate);
                    for &value in values {
                        accumulator.add(value);
                    }
                    accumulator.take()
                };
                prop_assert_eq!(rollup.map(|rollup| rollup.avg), single(Aggregate::Avg));
                prop_assert_eq!(rollup.map(|rollup| rollup.min), single(Aggregate::Min));
                prop_assert_eq!(rollup.map(|rollup| rollup.max), single(Aggregate::Max));
                prop_assert_eq!(rollup.map(|rollup| rollup.p95), single(Aggregate::P95));
                prop_assert_eq!(rollup.map(|rollup| rollup.count), (!values.is_empty()).then_some(values.len() as u64));
            }
        }
    }
}
