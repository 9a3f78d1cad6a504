//! Which series each sender has sent lately: there is a limit to how many.
//!
//! What is known here is lost with the process, and no other instance knows it: each counts what it takes itself.
//! How many series there may be in the store, whoever sent them, is the persister's to keep.

use crate::config::SeriesLimits;
use crate::kind::Sender;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::mem;
use std::time::{Duration, Instant};
use watchkeeper_domain::Violation;
use watchkeeper_runtime::Grouped;

/// After how long what was seen before it is forgotten: a series counts until this much, and at most twice as much,
/// has passed since it was last sent.
const FORGET_EVERY: Duration = Duration::from_secs(12 * 60 * 60);
/// From which percentage of a limit on the operator is told.
const NEARLY_FULL_PERCENT: usize = 90;

/// The series that were sent lately, by who sent them.
///
/// A series is known by a hash of its key, which takes 10 to 20 bytes. Of two with the same hash the second is taken
/// for known; a sender cannot aim at that, because the hash has a random key.
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

    /// How many series each sender has sent lately.
    pub(crate) fn counts(&self) -> Vec<(Sender, usize)> {
        self.counted().by_sender.iter().map(|(sender, seen)| (sender.clone(), seen.len())).collect()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock()
    }
}

impl SeriesOf<'_> {
    /// Notes that a sample of a series was sent.
    ///
    /// # Errors
    /// When the series is new and there are as many as the limits allow: it is not noted then.
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
    /// Forgets what is due to be.
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
        "is new, and {who_has} sent {limit} lately, the limit set by `{key}` in [ingest]: \
         remove labels that change with every sample"
    );
    Violation::new("series", reason)
}

/// The series that one sender has sent lately. What was noted since is forgotten by the second [`Seen::forget`].
#[derive(Debug, Default)]
struct Seen {
    young: HashSet<u64>,
    /// None of them young.
    old: HashSet<u64>,
}

impl Seen {
    /// How many series are known.
    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    fn contains(&self, hash: u64) -> bool {
        self.young.contains(&hash) || self.old.contains(&hash)
    }

    /// Notes a series; says whether it was not known.
    fn note(&mut self, hash: u64) -> bool {
        self.young.insert(hash) && !self.old.remove(&hash)
    }

    /// Forgets what was not noted since the last time.
    fn forget(&mut self) {
        self.old = mem::take(&mut self.young);
    }
}

/// What the operator is told of so many series, if anything: of the limit for all, else of the token that has most.
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
