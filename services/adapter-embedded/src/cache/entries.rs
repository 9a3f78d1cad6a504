//! The entries of the cache. Each call is short: it examines a limited number of series.

use super::index::Index;
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{KeyRange, Note, Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::TtlPolicy;

/// Most series that one call examines: about a millisecond.
pub(super) const STEP_SERIES: usize = 10_000;

/// The latest sample of each series.
#[derive(Default)]
pub(super) struct Entries {
    by_series: HashMap<Arc<Series>, Entry>,
    index: Index,
    key_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) series: usize,
    /// Most bytes of the keys of all series.
    pub(super) key_bytes: usize,
}

struct Entry {
    collected_at: Timestamp,
    value: f64,
    expires_at: Timestamp,
    /// Boxed, because few series have one.
    note: Option<Box<Note>>,
}

impl Entry {
    /// Whether it is valid at `now`. One later than possible was put while the clock was ahead.
    fn is_good(&self, now: Timestamp) -> bool {
        !self.has_expired(now) && self.collected_at <= latest_possible(now)
    }

    fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

/// The result of one step, and the key after which the next one continues, if there is one.
pub(super) struct Step<T> {
    pub(super) found: Vec<T>,
    pub(super) go_on_after: Option<String>,
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.by_series.len()
    }

    /// Stores a sample that is newer than the cached one, and not later than possible. Returns whether there
    /// was room: a new series needs some.
    pub(super) fn put(&mut self, sample: &Sample, ttl: &TtlPolicy, now: Timestamp, bounds: Bounds) -> bool {
        let latest = latest_possible(now);
        if sample.collected_at > latest {
            return true;
        }
        let key_bytes = self.key_bytes + sample.series.key().len();
        let is_full = self.len() >= bounds.series || key_bytes > bounds.key_bytes;
        let expires_at = now.plus(ttl.of(sample.series.source()));
        let entry = || Entry {
            collected_at: sample.collected_at,
            value: sample.value,
            expires_at,
            note: sample.note.clone().map(Box::new),
        };
        match self.by_series.get_mut(&sample.series) {
            Some(kept) if kept.collected_at < sample.collected_at || kept.collected_at > latest => {
                *kept = entry();
            }
            Some(_) => {}
            None if is_full => return false,
            None => {
                self.key_bytes = key_bytes;
                self.index.insert(&sample.series);
                self.by_series.insert(sample.series.clone(), entry());
            }
        }
        true
    }

    /// Up to `limit` valid samples that match, by key.
    pub(super) fn latest(
        &self,
        filter: &SeriesFilter,
        range: &KeyRange,
        limit: usize,
        now: Timestamp,
    ) -> Step<Sample> {
        self.step(filter, range, limit, |series, entry| {
            let sample = || Sample {
                series: Arc::clone(series),
                collected_at: entry.collected_at,
                value: entry.value,
                note: entry.note.as_deref().cloned(),
            };
            (entry.is_good(now) && filter.matches(series)).then(sample)
        })
    }

    /// Series that match, whatever their samples.
    pub(super) fn matching(&self, filter: &SeriesFilter, range: &KeyRange) -> Step<Arc<Series>> {
        self.step(filter, range, usize::MAX, |series, _| filter.matches(series).then(|| Arc::clone(series)))
    }

    /// Series whose samples have expired. A sample later than possible stays: a sweep goes by the earliest time that
    /// it may be, and by that everything may seem to be ahead.
    pub(super) fn expired(&self, range: &KeyRange, now: Timestamp) -> Step<Arc<Series>> {
        self.step(&SeriesFilter::default(), range, usize::MAX, |series, entry| {
            entry.has_expired(now).then(|| Arc::clone(series))
        })
    }

    /// Removes a series, if it has expired.
    pub(super) fn forget(&mut self, series: &Series, now: Timestamp) {
        if self.by_series.get(series).is_some_and(|entry| entry.has_expired(now)) {
            self.remove(series);
        }
    }

    /// Removes a series. Returns whether it was there.
    pub(super) fn remove(&mut self, series: &Series) -> bool {
        let was_there = self.by_series.remove(series).is_some();
        if was_there {
            self.key_bytes -= series.key().len();
            self.index.remove(series);
        }
        was_there
    }

    fn step<T>(
        &self,
        filter: &SeriesFilter,
        range: &KeyRange,
        limit: usize,
        mut choose: impl FnMut(&Arc<Series>, &Entry) -> Option<T>,
    ) -> Step<T> {
        let mut found = Vec::new();
        for (looked_at, series) in (1..).zip(self.index.candidates(filter, range)) {
            if found.len() == limit {
                break;
            }
            found.extend(self.by_series.get(series).and_then(|entry| choose(series, entry)));
            if looked_at == STEP_SERIES {
                return Step { found, go_on_after: Some(series.key().to_owned()) };
            }
        }
        Step { found, go_on_after: None }
    }
}

#[cfg(test)]
impl Entries {
    pub(super) fn is_bare(&self) -> bool {
        self.by_series.is_empty() && self.key_bytes == 0 && self.index.is_bare()
    }
}
