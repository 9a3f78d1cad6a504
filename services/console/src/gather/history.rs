//! The data of the sparklines.

use crate::lookback::Lookback;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::{Aggregate, Point, RangeQuery, Sample, Series, SeriesFilter, Timestamp, Violation};
use watchkeeper_ports::PortError;
use watchkeeper_query::Samples;

/// The windows of each series, in time order.
pub(crate) type History = HashMap<Arc<Series>, Vec<Point>>;

/// Concurrent queries per page.
const QUESTIONS_AT_ONCE: usize = 8;

/// The mean of each minute of the last hour. Each series is queried on its own, because any number of other series may
/// share its name.
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

/// The query for the windows of one series within `lookback` up to `now`.
pub(super) fn query(
    series: &Series,
    lookback: Lookback,
    aggregate: Aggregate,
    now: Timestamp,
) -> Result<RangeQuery, PortError> {
    RangeQuery::new(SeriesFilter::only(series), lookback.from(now), now, lookback.step(), aggregate)
        .map_err(|violation| no_question(&violation))
}

/// Only a clock at the epoch makes an invalid query.
pub(super) fn no_question(violation: &Violation) -> PortError {
    PortError::Rejected { what: "store", reason: violation.to_string() }
}
