//! The data of the series page.

use super::reader::Reader;
use super::{Alerts, Sources, alerting, found};
use crate::explore::{Function, Origin, Range, Resolution, Span, fold};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Aggregate, Point, Rollup, Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::PortError;
use watchkeeper_query::{Answer, PageQuestion, within_time};

/// A window that covers all time since the epoch, so that any range falls into one.
const ONE_WINDOW: Duration = Duration::from_secs(10_000_000_000);
/// Ranges that begin later are taken to have samples.
const RECENT: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) struct OneSeries {
    pub(crate) latest: Answer<Option<Sample>>,
    pub(crate) history: Answer<SeriesHistory>,
    /// The time of the newest sample, if it is in the future.
    pub(crate) future_until: Answer<Option<Timestamp>>,
    /// Of all series.
    pub(crate) alerts: Answer<Alerts>,
}

/// One series over a range.
#[derive(Debug)]
pub(crate) struct SeriesHistory {
    pub(crate) span: Span,
    pub(crate) resolution: Resolution,
    pub(crate) lines: Lines,
    /// `None` without samples.
    pub(crate) summary: Option<Summary>,
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
    /// `None` if it cannot be computed: from rollups, or because there are too many values.
    pub(crate) p95: Option<f64>,
    /// The number of samples.
    pub(crate) count: f64,
}

/// Runs all queries concurrently.
pub(crate) async fn one_series(
    sources: &Sources,
    series: &Series,
    range: Range,
    points: u64,
    now: Timestamp,
) -> OneSeries {
    let samples = &sources.samples;
    let only = SeriesFilter::only(series);
    let span = range.span(now);
    let (latest, future_until, history, alerts) = tokio::join!(
        within_time("store", samples.latest_of(series, now)),
        within_time("store", samples.newest_in_future(&only, now)),
        within_time("store", history(&sources.reader, series, span, points, now)),
        alerting::alerts(sources),
    );
    OneSeries { latest, history, future_until, alerts }
}

/// Series like `series`, if nothing is known of it: it has no sample, and no alert.
pub(crate) async fn instead_of(
    sources: &Sources,
    series: &Series,
    found: &OneSeries,
    now: Timestamp,
) -> Option<Vec<Arc<Series>>> {
    let has_no_alerts = found.alerts.as_ref().is_ok_and(|alerts| alerts.for_series(series).next().is_none());
    if !has_no_alerts || !matches!(found.latest, Ok(None)) {
        return None;
    }
    let question = PageQuestion { filter: SeriesFilter::only(series), limit: 1, cursor: None };
    let stored = within_time("store", sources.samples.series(&question)).await.ok()?;
    if !stored.items.is_empty() {
        return None;
    }
    Some(within_time("store", found::similar(&sources.samples, series, now)).await.unwrap_or_default())
}

pub(super) async fn history(
    reader: &Reader,
    series: &Series,
    span: Span,
    points: u64,
    now: Timestamp,
) -> Result<SeriesHistory, PortError> {
    let oldest = if now.since(span.from) > RECENT { reader.oldest().await? } else { None };
    let resolution = Resolution::of(span, points, Function::Avg, oldest);
    let (lines, summary) = match resolution.origin {
        Origin::Samples => {
            tokio::try_join!(lines(reader, series, span, resolution), summary(reader, series, span))?
        }
        Origin::Rollups(window) => {
            let from = span.from.window_start(resolution.step);
            let rollups = reader.rollups(series, window, Span { from, ..span }).await?;
            (Lines::of(&rollups, resolution.step), Summary::of(&rollups))
        }
    };
    Ok(SeriesHistory { span, resolution, lines, summary })
}

async fn lines(
    reader: &Reader,
    series: &Series,
    span: Span,
    resolution: Resolution,
) -> Result<Lines, PortError> {
    let line = |function| reader.points(series, function, span, resolution);
    let (mean, smallest, largest) =
        tokio::try_join!(line(Function::Avg), line(Function::Min), line(Function::Max))?;
    Ok(Lines { mean, smallest, largest })
}

async fn summary(reader: &Reader, series: &Series, span: Span) -> Result<Option<Summary>, PortError> {
    let figure = async |aggregate| {
        let points = reader.all(series, aggregate, span, ONE_WINDOW).await?;
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

impl Lines {
    fn of(rollups: &[Rollup], step: Duration) -> Self {
        let [mean, smallest, largest] =
            [Function::Avg, Function::Min, Function::Max].map(|function| fold(rollups, step, function));
        Self { mean, smallest, largest }
    }
}

impl Summary {
    fn of(rollups: &[Rollup]) -> Option<Self> {
        let figure = |function| Some(fold(rollups, ONE_WINDOW, function).first()?.value);
        Some(Self {
            min: figure(Function::Min)?,
            avg: figure(Function::Avg)?,
            max: figure(Function::Max)?,
            p95: None,
            count: figure(Function::Count)?,
        })
    }
}
