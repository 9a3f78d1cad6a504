//! Limits the number of series that each sender sends.
//!
//! The state is in memory and per instance: it is lost with the process, and each instance counts its own samples.
//! The persister limits the number of series in the store.

use crate::config::SeriesLimits;
use crate::kind::Sender;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::mem;
use std::time::{Duration, Instant};
use watchkeeper_domain::Violation;
use watchkeeper_runtime::Grouped;

/// A series counts until it was not sent for this long, and at most twice as long.
const FORGET_EVERY: Duration = Duration::from_secs(12 * 60 * 60);
/// The percentage of a limit from which the operator is warned.
const NEARLY_FULL_PERCENT: usize = 90;

/// The recently sent series, by sender.
///
/// A series is represented by a hash of its key, which takes 10 to 20 bytes. Of two series with the same hash the
/// second counts as known; a sender cannot aim at that, because the hash has a random key.
#[derive(Debug)]
pub(crate) struct RecentSeries {
    hashes: RandomState,
    counted: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    by_sender: BTreeMap<Sender, Seen>,
    in_all: usize,
    forget_at: Instant,
}

/// The series of one sender.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesOf<'r> {
    recent: &'r RecentSeries,
    limits: SeriesLimits,
    sender: &'r Sender,
    now: Instant,
}

impl RecentSeries {
    pub(crate) fn new(now: Instant) -> Self {
        let counted = Counted { by_sender: BTreeMap::new(), in_all: 0, forget_at: now + FORGET_EVERY };
        Self { hashes: RandomState::new(), counted: Mutex::new(counted) }
    }

    /// Those of `sender`, as of `now`, of which there may be as many as `limits` say.
    pub(crate) fn of<'r>(&'r self, sender: &'r Sender, limits: SeriesLimits, now: Instant) -> SeriesOf<'r> {
        SeriesOf { recent: self, limits, sender, now }
    }

    /// The number of recently sent series of each sender.
    pub(crate) fn counts(&self) -> Vec<(Sender, usize)> {
        self.counted().by_sender.iter().map(|(sender, seen)| (sender.clone(), seen.len())).collect()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock()
    }
}

impl SeriesOf<'_> {
    /// Records that a sample of a series was sent.
    ///
    /// # Errors
    /// When the series is new and a limit is reached: it is not recorded then.
    pub(crate) fn note(self, key: &str) -> Result<(), Violation> {
        let Self { recent, limits, sender, now } = self;
        let hash = recent.hashes.hash_one(key);
        let mut counted = recent.counted();
        counted.forget(now);
        let Counted { by_sender, in_all, .. } = &mut *counted;
        let known = by_sender.get_mut(sender);
        if let Some(seen) = &known
            && seen.len() >= limits.per_token
            && !seen.contains(hash)
        {
            let has = if sender.name().is_empty() { "have" } else { "has" };
            let who = format!("{sender} {has}");
            return Err(too_many(&who, limits.per_token, "max_series_per_token"));
        }
        let is_full = *in_all >= limits.in_all;
        match known {
            Some(seen) if !is_full || seen.contains(hash) => *in_all += usize::from(seen.note(hash)),
            None if !is_full => {
                by_sender.entry(sender.clone()).or_default().note(hash);
                *in_all += 1;
            }
            _ => return Err(too_many("all senders have", limits.in_all, "max_series")),
        }
        Ok(())
    }
}

impl Counted {
    /// Drops expired series.
    fn forget(&mut self, now: Instant) {
        while now >= self.forget_at && self.in_all > 0 {
            self.forget_at += FORGET_EVERY;
            self.by_sender.values_mut().for_each(Seen::forget);
            self.by_sender.retain(|_, seen| seen.len() > 0);
            self.in_all = self.by_sender.values().map(Seen::len).sum();
        }
        if now >= self.forget_at {
            self.forget_at = now + FORGET_EVERY;
        }
    }
}

fn too_many(who_has: &str, limit: usize, key: &str) -> Violation {
    let reason = format!(
        "is new, and {who_has} sent {limit} recently, the limit set by `{key}` in [ingest]: \
         remove labels that change with every sample"
    );
    Violation::new("series", reason)
}

/// The recently sent series of one sender. A series is dropped by the second [`Seen::forget`] after it was last
/// recorded.
#[derive(Debug, Default)]
struct Seen {
    young: HashSet<u64>,
    /// Disjoint from `young`.
    old: HashSet<u64>,
}

impl Seen {
    /// The number of known series.
    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    fn contains(&self, hash: u64) -> bool {
        self.young.contains(&hash) || self.old.contains(&hash)
    }

    /// Records a series; returns whether it was new.
    fn note(&mut self, hash: u64) -> bool {
        self.young.insert(hash) && !self.old.remove(&hash)
    }

    /// Drops what was not recorded since the last call.
    fn forget(&mut self) {
        self.old = mem::take(&mut self.young);
    }
}

/// The warning for so many series, if any: about the total limit, else about the token with the most series.
pub(crate) fn nearly_full(counts: &[(Sender, usize)], limits: SeriesLimits) -> Option<String> {
    let in_all: usize = counts.iter().map(|(_, series)| series).sum();
    if is_nearly_full(in_all, limits.in_all) {
        return Some(told("all senders", in_all, limits.in_all, "max_series"));
    }
    let (sender, series) = counts.iter().max_by_key(|(_, series)| *series)?;
    is_nearly_full(*series, limits.per_token)
        .then(|| told(&sender.to_string(), *series, limits.per_token, "max_series_per_token"))
}

fn is_nearly_full(series: usize, limit: usize) -> bool {
    series.saturating_mul(100) >= limit.saturating_mul(NEARLY_FULL_PERCENT)
}

fn told(who: &str, series: usize, limit: usize, key: &str) -> String {
    let [series, limit] = [series, limit].map(|count| Grouped(count as u64));
    format!("{who}: {series} series of at most {limit} (`{key}` in [ingest])")
}

#[cfg(test)]
mod tests;
