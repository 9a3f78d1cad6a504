//! Values of series over time, window by window.

use crate::limits::Violation;
use crate::{Aggregate, Series, SeriesFilter, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// A query for windowed values over a range of time. Valid by construction.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeQuery {
    filter: SeriesFilter,
    from: Timestamp,
    to: Timestamp,
    step: Duration,
    aggregate: Aggregate,
}

impl RangeQuery {
    /// Shortest window.
    pub const MIN_STEP: Duration = Duration::from_secs(1);
    /// Most windows of one series in one answer.
    pub const MAX_POINTS: u64 = 11_000;

    /// Checks the query: `from` is before `to`, `step` is in whole seconds and at least [`Self::MIN_STEP`],
    /// and there are at most [`Self::MAX_POINTS`] windows.
    pub fn new(
        filter: SeriesFilter,
        from: Timestamp,
        to: Timestamp,
        step: Duration,
        aggregate: Aggregate,
    ) -> Result<Self, Violation> {
        if from >= to {
            return Err(Violation::new("from", "must be before to"));
        }
        if step < Self::MIN_STEP || step.subsec_nanos() != 0 {
            return Err(Violation::new("step", "must be a whole number of seconds, 1s or more"));
        }
        let windows = to.since(from.window_start(step)).as_micros().div_ceil(step.as_micros());
        if windows > u128::from(Self::MAX_POINTS) {
            let reason =
                format!("gives {windows} windows, the limit is {}: use a longer step", Self::MAX_POINTS);
            return Err(Violation::new("step", reason));
        }
        Ok(Self { filter, from, to, step, aggregate })
    }

    /// Which series to return.
    pub fn filter(&self) -> &SeriesFilter {
        &self.filter
    }

    /// The start of the range, included.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// The end of the range, excluded.
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// The length of a window; windows are aligned to the epoch.
    pub fn step(&self) -> Duration {
        self.step
    }

    /// How to aggregate the values of a window.
    pub fn aggregate(&self) -> Aggregate {
        self.aggregate
    }
}

/// One window's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The start of the window.
    pub at: Timestamp,
    /// The aggregate of the values in it.
    pub value: f64,
}

/// A series and its windows in order of time; windows without samples are omitted.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesPoints {
    /// The series.
    pub series: Arc<Series>,
    /// Its windows.
    pub points: Vec<Point>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(from: &str, to: &str, step: Duration) -> Result<RangeQuery, String> {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        RangeQuery::new(SeriesFilter::default(), from, to, step, Aggregate::Avg).map_err(|v| v.to_string())
    }

    #[test]
    fn the_limit_of_windows_is_accepted_and_one_more_refused() {
        let (from, second) = ("2026-11-20T00:00:00Z", Duration::from_secs(1));
        assert!(query(from, "2026-11-20T03:03:20Z", second).is_ok());
        assert_eq!(
            query(from, "2026-11-20T03:03:21Z", second).unwrap_err(),
            "step: gives 11001 windows, the limit is 11000: use a longer step"
        );
    }

    #[test]
    fn a_question_that_makes_no_sense_names_the_field() {
        let (from, to) = ("2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z");
        assert_eq!(query(to, from, Duration::from_secs(60)).unwrap_err(), "from: must be before to");
        assert!(query(from, to, Duration::ZERO).unwrap_err().starts_with("step:"));
        assert!(query(from, to, Duration::from_millis(1500)).unwrap_err().starts_with("step:"));
    }
}
