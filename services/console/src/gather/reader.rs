//! Reads the points of a line.

use super::history::no_question;
use crate::explore::{Function, Origin, Resolution, Span, fold, maxima, per_second, reach_back};
use crate::ports::ConsolePorts;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{
    Aggregate, Point, RangeQuery, Rollup, RollupQuery, Series, SeriesFilter, Timestamp, Violation, Window,
};
use watchkeeper_ports::{Page, PortError, RollupStore, SampleQueries};
use watchkeeper_query::step_within;

/// How far back rollups that were not made yet are computed from samples: analytics makes those of a day once it is over
/// and has settled.
const NOT_ROLLED_UP: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Reads samples and rollups.
#[derive(Clone)]
pub(crate) struct Reader {
    samples: Arc<dyn SampleQueries>,
    rollups: Arc<dyn RollupStore>,
}

impl Reader {
    pub(crate) fn new(ports: &ConsolePorts) -> Self {
        Self { samples: Arc::clone(&ports.samples), rollups: Arc::clone(&ports.rollups) }
    }

    /// The points of one series, in time order.
    ///
    /// # Errors
    /// Those of the stores.
    pub(crate) async fn points(
        &self,
        series: &Series,
        function: Function,
        span: Span,
        resolution: Resolution,
    ) -> Result<Vec<Point>, PortError> {
        let step = resolution.step;
        match (resolution.origin, function.aggregate()) {
            (Origin::Samples, Some(aggregate)) => self.windows(series, aggregate, span, step).await,
            (Origin::Samples, None) => {
                let from = span.from.minus(reach_back(step));
                let fine = step_within(from, span.to, RangeQuery::MAX_POINTS).min(step);
                let counter = self.windows(series, Aggregate::Last, Span { from, ..span }, fine).await?;
                Ok(per_second(&counter, step, span.from))
            }
            (Origin::Rollups(window), Some(_)) => {
                let from = span.from.window_start(step);
                Ok(fold(&self.rollups(series, window, Span { from, ..span }).await?, step, function))
            }
            (Origin::Rollups(window), None) => {
                let from = span.from.window_start(step).minus(window.length());
                let counter = maxima(&self.rollups(series, window, Span { from, ..span }).await?);
                Ok(per_second(&counter, step, span.from))
            }
        }
    }

    /// The windows of one series, aligned so that none is cut at its start.
    async fn windows(
        &self,
        series: &Series,
        aggregate: Aggregate,
        span: Span,
        step: Duration,
    ) -> Result<Vec<Point>, PortError> {
        self.all(series, aggregate, Span { from: span.from.window_start(step), ..span }, step).await
    }

    /// The windows of one series, of which the first and the last may be cut.
    pub(crate) async fn all(
        &self,
        series: &Series,
        aggregate: Aggregate,
        span: Span,
        step: Duration,
    ) -> Result<Vec<Point>, PortError> {
        let query = RangeQuery::new(SeriesFilter::only(series), span.from, span.to, step, aggregate);
        let query = query.map_err(|violation| no_question(&violation))?;
        let found = self.samples.range(&query, 1).await?.pop();
        Ok(found.map(|found| found.points).unwrap_or_default())
    }

    /// The rollups of one series, and those that are not made yet, as that of the current window, from its samples.
    pub(crate) async fn rollups(
        &self,
        series: &Series,
        window: Window,
        span: Span,
    ) -> Result<Vec<Rollup>, PortError> {
        let refused =
            |violation: Violation| PortError::Rejected { what: "rollups", reason: violation.to_string() };
        let query = |from: Timestamp, to| {
            RollupQuery::new(SeriesFilter::only(series), window, from, to).map_err(refused)
        };
        let (from, page) = (window.start(span.from), Page::first(1));
        let to = window.start(span.to).plus(window.length());
        let made = self.rollups.rollups(&query(from, to)?, &page).await?.pop();
        let mut rollups = made.map(|made| made.rollups).unwrap_or_default();
        let made_until = rollups.last().map_or(from, |last| last.start.plus(window.length()));
        let tail = made_until.max(window.start(to.minus(NOT_ROLLED_UP)));
        if tail < to {
            let rest = self.samples.roll_up(&query(tail, to)?, &page).await?.pop();
            rollups.extend(rest.map(|rest| rest.rollups).unwrap_or_default());
        }
        Ok(rollups)
    }

    /// The mean number of samples of a point of this series; `None` without samples.
    pub(crate) async fn samples_per_point(
        &self,
        series: &Series,
        span: Span,
        resolution: Resolution,
    ) -> Result<Option<f64>, PortError> {
        let counts = self.points(series, Function::Count, span, resolution).await?;
        #[expect(clippy::cast_precision_loss, reason = "a line has at most thousands of points")]
        let points = counts.len() as f64;
        Ok((!counts.is_empty()).then(|| counts.iter().map(|point| point.value).sum::<f64>() / points))
    }

    /// The instant of the oldest sample.
    pub(crate) async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        self.samples.oldest().await
    }
}
