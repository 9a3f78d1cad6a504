//! The last checks of every target.
//!
//! One query reads the newest samples of all targets at once. A target that this query does not reach back far enough
//! for, because it is checked more seldom than others or was offline, is read on its own.

use super::board::Check;
use super::family::{Family, labels_of, sibling};
use super::history::{History, Past};
use crate::samples::{NewestQuestion, Samples};
use std::collections::HashMap;
use std::time::Duration;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::PortError;

/// Most last checks of a target.
pub const MAX_CHECKS: usize = 40;
/// Samples per target that are read at once the first time: more than [`MAX_CHECKS`], because not all targets are checked
/// equally often.
pub(super) const FIRST: usize = MAX_CHECKS * 3 / 2;
/// The same later: targets are checked every few seconds at most.
const NEW: usize = 8;
/// Most targets that are read on their own in one refresh.
pub(super) const MAX_FILLED: usize = 256;
/// So many are read on their own although nothing is missing: some samples arrive late.
const CHECKED_AGAIN: usize = 4;

/// Adds the checks since the last refresh.
pub(super) async fn renew(
    history: &mut History,
    family: Family,
    samples: &Samples,
    now: Timestamp,
) -> Result<(), PortError> {
    let known = history.of(family).count();
    let is_first = history.of(family).all(|past| past.checks.is_empty());
    let has_news = history
        .of(family)
        .any(|past| past.checks.last().map(|last| last.at) != Some(past.latest.collected_at));
    if has_news {
        let limit = known * if is_first { FIRST } else { NEW };
        let found = samples.newest(&NewestQuestion { filter: family.filter(), limit }, now).await?;
        let reaches = found.last().filter(|_| found.len() == limit).map(|oldest| oldest.collected_at);
        let latencies = latencies(samples, family, limit, now).await?;
        let mut found = by_series(found);
        for past in history.of(family) {
            add(past, found.remove(past.series.key()).unwrap_or_default(), reaches, &latencies);
        }
    }
    fill_some(history, family, samples, now).await
}

/// The latency of each check, by the labels of its target and its time.
type Latencies = HashMap<(String, Timestamp), Duration>;

async fn latencies(
    samples: &Samples,
    family: Family,
    limit: usize,
    now: Timestamp,
) -> Result<Latencies, PortError> {
    if family == Family::Heartbeats {
        return Ok(Latencies::new());
    }
    let filter = SeriesFilter::named(super::UPTIME, "latency_seconds");
    let found = samples.newest(&NewestQuestion { filter, limit }, now).await?;
    let latency = |sample: Sample| {
        let target = labels_of(&sample.series).to_owned();
        Some(((target, sample.collected_at), seconds(sample.value)?))
    };
    Ok(found.into_iter().filter_map(latency).collect())
}

pub(super) fn seconds(value: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(value).ok()
}

/// Each oldest first.
fn by_series(newest_first: Vec<Sample>) -> HashMap<String, Vec<Sample>> {
    let mut found: HashMap<String, Vec<Sample>> = HashMap::new();
    for sample in newest_first.into_iter().rev() {
        match found.get_mut(sample.series.key()) {
            Some(samples) => samples.push(sample),
            None => {
                found.insert(sample.series.key().to_owned(), vec![sample]);
            }
        }
    }
    found
}

/// Adds samples that are newer than the last check. If the samples begin later than at `reaches`, some before them may
/// be missing.
fn add(past: &mut Past, found: Vec<Sample>, reaches: Option<Timestamp>, latencies: &Latencies) {
    let last = past.checks.last().map(|last| last.at);
    let reaches_last = reaches.is_none_or(|reaches| last.is_some_and(|last| last >= reaches));
    if reaches.is_none() || found.len() >= MAX_CHECKS {
        past.has_gap = false;
    } else if !reaches_last && last != Some(past.latest.collected_at) {
        past.has_gap = true;
    }
    let labels = labels_of(&past.series).to_owned();
    let new = found.into_iter().filter(|sample| last.is_none_or(|last| sample.collected_at > last));
    let checks = new.filter_map(|sample| {
        let latency = latencies.get(&(labels.clone(), sample.collected_at)).copied();
        check(past.family, sample, latency)
    });
    past.checks.extend(checks.collect::<Vec<_>>());
    keep_last(&mut past.checks);
}

fn keep_last(checks: &mut Vec<Check>) {
    checks.drain(..checks.len().saturating_sub(MAX_CHECKS));
}

pub(super) fn check(family: Family, sample: Sample, latency: Option<Duration>) -> Option<Check> {
    let is_up = family.is_up(sample.value)?;
    Some(Check { at: sample.collected_at, is_up, note: sample.note, latency })
}

/// Reads the checks of some targets on their own: first of those that have gaps, then of those for which that is longest
/// ago.
async fn fill_some(
    history: &mut History,
    family: Family,
    samples: &Samples,
    now: Timestamp,
) -> Result<(), PortError> {
    let mut due: Vec<&mut Past> = history.of(family).collect();
    due.sort_by(|one, other| {
        let order = |past: &Past| (!past.has_gap, past.filled_at);
        order(one).cmp(&order(other)).then_with(|| one.series.cmp(&other.series))
    });
    let are_missing = due.iter().filter(|past| past.has_gap).count();
    for past in due.into_iter().take(MAX_FILLED.min(are_missing + CHECKED_AGAIN)) {
        fill(past, samples, now).await?;
    }
    Ok(())
}

async fn fill(past: &mut Past, samples: &Samples, now: Timestamp) -> Result<(), PortError> {
    let newest = |series| NewestQuestion { filter: SeriesFilter::only(series), limit: MAX_CHECKS };
    let found = samples.newest(&newest(&past.series), now).await?;
    let latency = match sibling(&past.series, "latency_seconds", "seconds") {
        Some(series) if past.family == Family::Probes => samples.newest(&newest(&series), now).await?,
        _ => Vec::new(),
    };
    let latency: HashMap<Timestamp, Duration> =
        latency.iter().filter_map(|sample| Some((sample.collected_at, seconds(sample.value)?))).collect();
    let checks = found.into_iter().rev().filter_map(|sample| {
        let latency = latency.get(&sample.collected_at).copied();
        check(past.family, sample, latency)
    });
    past.checks = checks.collect();
    (past.has_gap, past.filled_at) = (false, Some(now));
    Ok(())
}
