//! The checks of the last hours, counted from samples.

use super::family::Family;
use super::history::History;
use super::uptime::Tally;
use crate::samples::Samples;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use watchkeeper_domain::{Aggregate, RangeQuery, SeriesPoints, Timestamp, Window};
use watchkeeper_ports::PortError;

const HOUR: Duration = Window::Hour.length();
/// How many hours are kept: those of the last 24 hours, and some more, until the rollup of a day that has just ended is
/// made.
const KEPT: u32 = 30;
/// A range ends before its last instant.
const INSTANT: Duration = Duration::from_micros(1);
/// How often the last hours are counted again.
const EVERY: Duration = Duration::from_secs(60);
/// How many hours back: some samples arrive late.
const COUNTED_AGAIN: u32 = 1;

/// Counts the checks of the last hour and the current one; of all that are kept, if targets are new.
pub(super) async fn renew(history: &mut History, samples: &Samples, now: Timestamp) -> Result<(), PortError> {
    let counted_at = history.hours_at.filter(|at| *at <= now && now.since(*at) < KEPT * HOUR);
    if counted_at.is_some_and(|at| now.since(at) < EVERY) {
        return Ok(());
    }
    let first_kept = Window::Hour.start(now).minus(KEPT * HOUR);
    let from = match counted_at {
        Some(at) => Window::Hour.start(at).minus(COUNTED_AGAIN * HOUR).max(first_kept),
        None => first_kept,
    };
    let up = aggregate(samples, Aggregate::Sum, from, now).await?;
    let all = aggregate(samples, Aggregate::Count, from, now).await?;
    for past in history.of(Family::Probes) {
        let (up, all) = (up.get(past.series.key()), all.get(past.series.key()));
        past.hours.retain(|start, _| *start >= first_kept && *start < from);
        for (start, count) in all.into_iter().flatten() {
            let up = up.and_then(|up| up.get(start)).copied().unwrap_or_default();
            past.hours.insert(*start, Tally::new(up / 100.0, *count));
        }
    }
    history.hours_at = Some(now);
    Ok(())
}

type ByHour = HashMap<String, BTreeMap<Timestamp, f64>>;

async fn aggregate(
    samples: &Samples,
    aggregate: Aggregate,
    from: Timestamp,
    now: Timestamp,
) -> Result<ByHour, PortError> {
    let query = RangeQuery::new(Family::Probes.filter(), from, now.plus(INSTANT), HOUR, aggregate)
        .map_err(|violation| PortError::Rejected { what: "store", reason: violation.to_string() })?;
    let points = |found: SeriesPoints| {
        let points = found.points.into_iter().map(|point| (point.at, point.value));
        (found.series.key().to_owned(), points.collect())
    };
    Ok(samples.range(&query).await?.series.into_iter().map(points).collect())
}
