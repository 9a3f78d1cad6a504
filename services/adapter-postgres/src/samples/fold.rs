//! Aggregates values by window while reading rows.

use crate::error::Error;
use watchkeeper_domain::{
    Accumulator, Aggregate, Point, RangeQuery, Rollup, RollupBuilder, RollupQuery, Timestamp,
};

/// Most values of one window that are held at once, 8 MB. Only the percentile needs them.
pub(super) const MAX_HELD_VALUES: usize = 1_000_000;

/// How to aggregate a window.
pub(super) trait Fold {
    type Folded;

    /// The start of the window around `at`.
    fn window(&self, at: Timestamp) -> Timestamp;

    /// Adds the next value to the window.
    fn add(&mut self, value: f64) -> Result<(), Error>;

    /// The aggregate of the window that began at `start`, if anything was added; resets for the next window.
    fn take(&mut self, start: Timestamp) -> Option<Self::Folded>;
}

/// Aggregates the values of one series, given in order of time, by window; then those of the next. Never
/// holds more than one window's values.
pub(super) struct Windows<F: Fold> {
    fold: F,
    start: Timestamp,
    folded: Vec<F::Folded>,
}

impl<F: Fold> Windows<F> {
    pub(super) fn new(fold: F) -> Self {
        Self { fold, start: Timestamp::MIN, folded: Vec::new() }
    }

    pub(super) fn add(&mut self, at: Timestamp, value: f64) -> Result<(), Error> {
        let start = self.fold.window(at);
        if start != self.start {
            self.close();
            self.start = start;
        }
        self.fold.add(value)
    }

    /// Returns the windows of the series; resets for the next one.
    pub(super) fn take(&mut self) -> Vec<F::Folded> {
        self.close();
        std::mem::take(&mut self.folded)
    }

    fn close(&mut self) {
        self.folded.extend(self.fold.take(self.start));
    }
}

/// Aggregates windows into points.
pub(super) struct Points<'a> {
    query: &'a RangeQuery,
    window: Accumulator,
    held: usize,
}

impl<'a> Points<'a> {
    pub(super) fn of(query: &'a RangeQuery) -> Self {
        Self { query, window: Accumulator::new(query.aggregate()), held: 0 }
    }
}

impl Fold for Points<'_> {
    type Folded = Point;

    fn window(&self, at: Timestamp) -> Timestamp {
        at.window_start(self.query.step())
    }

    fn add(&mut self, value: f64) -> Result<(), Error> {
        if self.query.aggregate() == Aggregate::P95 {
            if self.held == MAX_HELD_VALUES {
                return Err(Error::Rejected(format!(
                    "step: a window has more than {MAX_HELD_VALUES} values, the limit of {}: use a shorter step",
                    Aggregate::P95
                )));
            }
            self.held += 1;
        }
        self.window.add(value);
        Ok(())
    }

    fn take(&mut self, start: Timestamp) -> Option<Point> {
        self.held = 0;
        self.window.take().map(|value| Point { at: start, value })
    }
}

/// Aggregates windows into rollups.
pub(super) struct Rollups<'a> {
    query: &'a RollupQuery,
    window: RollupBuilder,
}

impl<'a> Rollups<'a> {
    pub(super) fn of(query: &'a RollupQuery) -> Self {
        Self { query, window: RollupBuilder::default() }
    }
}

impl Fold for Rollups<'_> {
    type Folded = Rollup;

    fn window(&self, at: Timestamp) -> Timestamp {
        self.query.window().start(at)
    }

    fn add(&mut self, value: f64) -> Result<(), Error> {
        if self.window.count() == MAX_HELD_VALUES {
            return Err(Error::Rejected(format!(
                "window: a {} of one series has more than {MAX_HELD_VALUES} values, the limit of {}",
                self.query.window(),
                Aggregate::P95
            )));
        }
        self.window.add(value);
        Ok(())
    }

    fn take(&mut self, start: Timestamp) -> Option<Rollup> {
        self.window.take(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_domain::{SeriesFilter, Window};

    /// Aggregates this many values of each of the first two hours.
    fn fold<F: Fold>(fold: F, values: usize) -> Result<Vec<F::Folded>, Error> {
        let mut windows = Windows::new(fold);
        for hour in 0..2 {
            let start = Timestamp::MIN.plus(hour * Window::Hour.length());
            for micros in 0..values as u64 {
                windows.add(start.plus(Duration::from_micros(micros)), 7.0)?;
            }
        }
        Ok(windows.take())
    }

    fn points(aggregate: Aggregate, step: Duration, values: usize) -> Result<Vec<f64>, Error> {
        let (from, to) = (Timestamp::MIN, Timestamp::MIN.plus(Window::Day.length()));
        let query = RangeQuery::new(SeriesFilter::default(), from, to, step, aggregate).unwrap();
        let points = fold(Points::of(&query), values)?;
        Ok(points.into_iter().map(|point| point.value).collect())
    }

    fn counts(window: Window, values: usize) -> Result<Vec<u64>, Error> {
        let (from, to) = (Timestamp::MIN, Timestamp::MIN.plus(Window::Day.length()));
        let query = RollupQuery::new(SeriesFilter::default(), window, from, to).unwrap();
        Ok(fold(Rollups::of(&query), values)?.iter().map(|rollup| rollup.count).collect())
    }

    #[test]
    fn a_percentile_is_taken_of_the_most_values_and_refused_past_them() {
        let (hour, most) = (Window::Hour.length(), MAX_HELD_VALUES);
        assert_eq!(points(Aggregate::P95, hour, most), Ok(vec![7.0, 7.0]), "each window counts for itself");
        let reason = "step: a window has more than 1000000 values, the limit of p95: use a shorter step";
        assert_eq!(points(Aggregate::P95, hour, most + 1), Err(Error::Rejected(reason.into())));
        assert_eq!(points(Aggregate::Max, hour, most + 1), Ok(vec![7.0, 7.0]));
    }

    #[test]
    fn a_rollup_is_made_of_the_most_values_and_refused_past_them() {
        let most = MAX_HELD_VALUES;
        assert_eq!(counts(Window::Hour, most), Ok(vec![most as u64, most as u64]));
        let refused = |window: &str| {
            let reason = "of one series has more than 1000000 values, the limit of p95";
            Err(Error::Rejected(format!("window: a {window} {reason}")))
        };
        assert_eq!(counts(Window::Day, most), refused("day"));
        assert_eq!(counts(Window::Hour, most + 1), refused("hour"));
    }
}
