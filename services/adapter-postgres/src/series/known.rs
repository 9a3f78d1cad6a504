//! The cache of series ids.

use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::Series;

/// Most series whose ids are cached. Beyond that, the cache is emptied.
pub(super) const MAX_REMEMBERED: usize = 100_000;
/// Most bytes of the keys of these series, 64 MiB: a key contains the labels, which may be long.
const MAX_REMEMBERED_KEY_BYTES: usize = 64 << 20;

/// Series ids, as of a number of removals: a series that was removed gets a new id when it comes back.
pub(super) struct Known {
    removals: i64,
    ids: HashMap<Arc<Series>, i64>,
    key_bytes: usize,
    max_key_bytes: usize,
    count: Option<Count>,
}

/// A lower bound of the number of series: none is removed before the number of removals changes.
#[derive(Clone, Copy, Debug)]
struct Count {
    series: u64,
    /// How many of them were added here since they were counted; others may have added more.
    added: u64,
}

/// The part of the limit (one in this many) by which series may grow before a count is out of date.
const RECOUNT_PARTS: u64 = 100;

impl Default for Known {
    fn default() -> Self {
        Self {
            removals: 0,
            ids: HashMap::new(),
            key_bytes: 0,
            max_key_bytes: MAX_REMEMBERED_KEY_BYTES,
            count: None,
        }
    }
}

impl Known {
    /// Empties the cache, unless it is as of `removals`.
    pub(super) fn as_after(&mut self, removals: i64) -> &mut Self {
        if self.removals != removals {
            self.forget();
            self.count = None;
            self.removals = removals;
        }
        self
    }

    /// The number of series, precisely enough to decide whether more may be added up to `max`; `None` if they
    /// must be counted for that. A full store stays full until series are removed.
    pub(super) fn count(&self, max: u64) -> Option<u64> {
        let Count { series, added } = self.count?;
        let is_recent = series >= max || added < max / RECOUNT_PARTS;
        is_recent.then_some(series)
    }

    /// Records how many series there are.
    pub(super) fn counted(&mut self, series: u64) {
        self.count = Some(Count { series, added: 0 });
    }

    pub(super) fn added(&mut self, new: u64) {
        if let Some(Count { series, added }) = &mut self.count {
            *series += new;
            *added += new;
        }
    }

    pub(super) fn id(&self, series: &Series) -> Option<i64> {
        self.ids.get(series).copied()
    }

    pub(super) fn learn(&mut self, series: Arc<Series>, id: i64) {
        if self.ids.contains_key(&series) {
            return;
        }
        let key_bytes = series.key().len();
        if self.ids.len() >= MAX_REMEMBERED || self.key_bytes + key_bytes > self.max_key_bytes {
            self.forget();
        }
        self.key_bytes += key_bytes;
        self.ids.insert(series, id);
    }

    fn forget(&mut self) {
        self.ids.clear();
        self.key_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(number: usize) -> Arc<Series> {
        Arc::new(Series::new("host", &format!("n{number}"), "", &[]).unwrap())
    }

    #[test]
    fn numbers_are_forgotten_when_series_were_removed() {
        let mut known = Known::default();
        known.as_after(1).learn(series(1), 7);
        assert_eq!(known.as_after(1).id(&series(1)), Some(7));
        assert_eq!(known.as_after(2).id(&series(1)), None);
    }

    #[test]
    fn series_are_counted_again_when_many_were_added_and_never_while_there_is_no_room() {
        let mut known = Known::default();
        assert_eq!(known.count(1_000), None);
        known.counted(900);
        assert_eq!(known.count(1_000), Some(900));
        known.added(9);
        assert_eq!(known.count(1_000), Some(909));
        known.added(1);
        assert_eq!(known.count(1_000), None);
        known.added(90);
        assert_eq!(known.count(1_000), Some(1_000));
        assert_eq!(known.as_after(1).count(1_000), None, "some were removed");
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let mut known = Known::default();
        for number in 0..=MAX_REMEMBERED {
            known.learn(series(number), 1);
            assert!(known.ids.len() <= MAX_REMEMBERED);
        }
        assert_eq!(known.ids.len(), 1);
    }

    #[test]
    fn no_longer_keys_are_remembered_than_there_is_room_for() {
        let max_key_bytes = series(0).key().len() + series(1).key().len();
        let mut known = Known { max_key_bytes, ..Known::default() };
        let mut remembered = |number| {
            known.learn(series(number), 1);
            known.ids.len()
        };
        assert_eq!([0, 1, 1, 2, 3, 4].map(&mut remembered), [1, 2, 2, 1, 2, 1]);
    }
}
