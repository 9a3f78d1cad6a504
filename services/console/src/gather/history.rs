//! The data of the sparklines.

use crate::explore::Span;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Aggregate, Point, RangeQuery, Sample, Series, SeriesFilter, Timestamp, Violation};
use watchkeeper_ports::PortError;
use watchkeeper_query::Samples;

/// The windows of each series, in time order.
pub(crate) type History = HashMap<Arc<Series>, Vec<Point>>;

/// Concurrent queries per page.
const QUESTIONS_AT_ONCE: usize = 8;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// The window of each point.
pub(super) const STEP: Duration = Duration::from_secs(60);

/// The last hour up to `now`, and the minute that it begins in.
pub(crate) fn hour_up_to(now: Timestamp) -> Span {
    Span { from: now.minus(HOUR).window_start(STEP), to: now }
}

/// The mean of each minute of the last hour. Each series is queried on its own, because any number of other series may
/// share its name.
pub(super) async fn last_hour(
    samples: &Samples,
    page: &[Sample],
    now: Timestamp,
) -> Result<History, PortError> {
    let queries: Vec<_> = page.iter().map(|sample| query(&sample.series, now)).collect::<Result<_, _>>()?;
    let answers = queries.into_iter().map(|query| async move { samples.range(&query).await });
    let answers: Vec<_> = stream::iter(answers).buffer_unordered(QUESTIONS_AT_ONCE).try_collect().await?;
    let found = answers.into_iter().flat_map(|found| found.series);
    Ok(found.map(|found| (found.series, found.points)).collect())
}

fn query(series: &Series, now: Timestamp) -> Result<RangeQuery, PortError> {
    let Span { from, to } = hour_up_to(now);
    RangeQuery::new(SeriesFilter::only(series), from, to, STEP, Aggregate::Avg)
        .map_err(|violation| no_question(&violation))
}

/// Only a clock at the epoch makes an invalid query.
pub(super) fn no_question(violation: &Violation) -> PortError {
    PortError::Rejected { what: "store", reason: violation.to_string() }
}
