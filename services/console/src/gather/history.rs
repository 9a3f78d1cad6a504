//! The values behind the sparklines of a page.

use crate::lookback::Lookback;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::{Aggregate, Point, RangeQuery, Sample, Series, SeriesFilter, Timestamp, Violation};
use watchkeeper_ports::PortError;
use watchkeeper_query::Samples;

/// The windows of each series, in order of time.
pub(crate) type History = HashMap<Arc<Series>, Vec<Point>>;

/// Questions that one page has under way at once.
const QUESTIONS_AT_ONCE: usize = 8;

/// The mean of each minute of the last hour. Each series is asked for alone: of its name there may be any number of
/// others.
pub(super) async fn last_hour(
    samples: &Samples,
    page: &[Sample],
    now: Timestamp,
) -> Result<History, PortError> {
    let queries = page.iter().map(|sample| query(&sample.series, Lookback::Hour, Aggregate::Avg, now));
    let queries: Vec<_> = queries.collect::<Result<_, _>>()?;
    let answers = queries.into_iter().map(|query| async move { samples.range(&query).await });
    let answers: Vec<_> = stream::iter(answers).buffer_unordered(QUESTIONS_AT_ONCE).try_collect().await?;
    let found = answers.into_iter().flat_map(|found| found.series);
    Ok(found.map(|found| (found.series, found.points)).collect())
}

/// The question about the windows of one series within `lookback` up to `now`.
pub(super) fn query(
    series: &Series,
    lookback: Lookback,
    aggregate: Aggregate,
    now: Timestamp,
) -> Result<RangeQuery, PortError> {
    RangeQuery::new(SeriesFilter::only(series), lookback.from(now), now, lookback.step(), aggregate)
        .map_err(|violation| no_question(&violation))
}

/// Only a clock that stands at the epoch makes a question that is none.
pub(super) fn no_question(violation: &Violation) -> PortError {
    PortError::Rejected { what: "store", reason: violation.to_string() }
}
