//! The data of the series page.

use super::history::{no_question, query};
use super::{Alerts, Sources, alerting};
use crate::lookback::Lookback;
use std::time::Duration;
use watchkeeper_domain::{Aggregate, Point, RangeQuery, Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::PortError;
use watchkeeper_query::{Answer, Samples, within_time};

/// A window that covers all time since the epoch, so that any range falls into one.
const ONE_WINDOW: Duration = Duration::from_secs(10_000_000_000);

pub(crate) struct OneSeries {
    pub(crate) latest: Answer<Option<Sample>>,
    pub(crate) lines: Answer<Lines>,
    /// The time of the newest sample, if it is in the future.
    pub(crate) future_until: Answer<Option<Timestamp>>,
    /// `None` without samples.
    pub(crate) summary: Answer<Option<Summary>>,
    /// Of all series.
    pub(crate) alerts: Answer<Alerts>,
}

/// The windows to draw.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) mean: Vec<Point>,
    pub(crate) smallest: Vec<Point>,
    pub(crate) largest: Vec<Point>,
}

/// Statistics over all samples in the range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) min: f64,
    pub(crate) avg: f64,
    pub(crate) max: f64,
    /// `None` if there are too many values for the store to compute it.
    pub(crate) p95: Option<f64>,
    /// The number of samples.
    pub(crate) count: f64,
}

/// Runs all queries concurrently.
pub(crate) async fn one_series(
    sources: &Sources,
    series: &Series,
    lookback: Lookback,
    now: Timestamp,
) -> OneSeries {
    let samples = &sources.samples;
    let only = SeriesFilter::only(series);
    let (latest, future_until, lines, summary, alerts) = tokio::join!(
        within_time("store", samples.latest_of(series, now)),
        within_time("store", samples.newest_in_future(&only, now)),
        within_time("store", lines(samples, series, lookback, now)),
        within_time("store", summary(samples, series, lookback, now)),
        alerting::alerts(sources),
    );
    OneSeries { latest, lines, future_until, summary, alerts }
}

async fn lines(
    samples: &Samples,
    series: &Series,
    lookback: Lookback,
    now: Timestamp,
) -> Result<Lines, PortError> {
    let line = async |aggregate| points(samples, &query(series, lookback, aggregate, now)?).await;
    let (mean, smallest, largest) =
        tokio::try_join!(line(Aggregate::Avg), line(Aggregate::Min), line(Aggregate::Max))?;
    Ok(Lines { mean, smallest, largest })
}

async fn summary(
    samples: &Samples,
    series: &Series,
    lookback: Lookback,
    now: Timestamp,
) -> Result<Option<Summary>, PortError> {
    let figure = async |aggregate| {
        let from = lookback.from(now);
        let query = RangeQuery::new(SeriesFilter::only(series), from, now, ONE_WINDOW, aggregate)
            .map_err(|violation| no_question(&violation))?;
        let points = points(samples, &query).await?;
        Ok::<_, PortError>(points.first().map(|point| point.value))
    };
    let (min, avg, max, p95, count) = tokio::try_join!(
        figure(Aggregate::Min),
        figure(Aggregate::Avg),
        figure(Aggregate::Max),
        async {
            match figure(Aggregate::P95).await {
                Err(PortError::Rejected { .. }) => Ok(None),
                answer => answer,
            }
        },
        figure(Aggregate::Count),
    )?;
    let all = || Some(Summary { min: min?, avg: avg?, max: max?, p95, count: count? });
    Ok(all())
}

async fn points(samples: &Samples, query: &RangeQuery) -> Result<Vec<Point>, PortError> {
    let found = samples.range(query).await?.series.pop();
    Ok(found.map(|found| found.points).unwrap_or_default())
}
