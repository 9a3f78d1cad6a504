//! When an outage began that is longer than the last checks.

use super::board::Since;
use super::checks::MAX_CHECKS;
use super::family::Family;
use super::history::{History, Past};
use super::uptime::Tally;
use crate::samples::Samples;
use std::collections::BTreeMap;
use std::time::Duration;
use watchkeeper_domain::{Aggregate, Point, RangeQuery, SeriesFilter, Timestamp, Window};
use watchkeeper_ports::PortError;

/// Most targets for which that is searched in one refresh.
pub(super) const MAX_SEARCHES: usize = 16;
/// How exactly the last success is found: so a day has no more windows than a query may have.
const STEP: Duration = Duration::from_secs(10);

/// Searches for some of the targets that are down in all their last checks, and forgets what does not last any more.
pub(super) async fn renew(history: &mut History, samples: &Samples) -> Result<(), PortError> {
    let mut searches = 0;
    for past in history.of(Family::Probes) {
        let is_longer = past.checks.len() >= MAX_CHECKS && past.checks.iter().all(|check| !check.is_up);
        if !is_longer {
            past.down_since = None;
        } else if past.down_since.is_none() && searches < MAX_SEARCHES {
            searches += 1;
            past.down_since = Some(search(past, samples).await?);
        }
    }
    Ok(())
}

/// The first failure after the last success; the first check that is known if there is no success.
async fn search(past: &Past, samples: &Samples) -> Result<Since, PortError> {
    let Some((start, length)) = last_success(past).or_else(|| first(past)) else {
        return Ok(Since::Before(past.latest.collected_at));
    };
    let only = SeriesFilter::only(&past.series);
    let query = RangeQuery::new(only, start, start.plus(length), STEP, Aggregate::Max)
        .map_err(|violation| PortError::Rejected { what: "store", reason: violation.to_string() })?;
    let points = samples.range(&query).await?.series.pop().map(|found| found.points).unwrap_or_default();
    let is_up = |point: &Point| point.value > 0.0;
    Ok(match (points.iter().rposition(is_up), points.first()) {
        // The first failure may be in the next hour.
        (Some(last), _) => {
            Since::Exactly(points.get(last + 1).map_or_else(|| points[last].at.plus(STEP), |next| next.at))
        }
        (None, Some(first)) => Since::Before(first.at),
        // The samples of that day are pruned.
        (None, None) => Since::Before(start.plus(length)),
    })
}

/// The hour or day with the last successful check.
fn last_success(past: &Past) -> Option<(Timestamp, Duration)> {
    let of = |windows: &BTreeMap<Timestamp, Tally>| {
        windows.iter().rev().find(|(_, tally)| tally.up > 0.0).map(|(start, _)| *start)
    };
    let hour = of(&past.hours).map(|start| (start, Window::Hour.length()));
    hour.or_else(|| of(&past.days).map(|start| (start, Window::Day.length())))
}

/// The first hour or day with checks.
fn first(past: &Past) -> Option<(Timestamp, Duration)> {
    let day = past.days.keys().next().map(|start| (*start, Window::Day.length()));
    day.or_else(|| past.hours.keys().next().map(|start| (*start, Window::Hour.length())))
}
