//! The numbers of series that are remembered.

use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::Series;

/// Most series whose numbers are remembered. Past it all are forgotten and learnt again.
pub(super) const MAX_REMEMBERED: usize = 100_000;
/// Most bytes of the keys of these series, 64 MiB: a key has the labels in it, which may be long.
const MAX_REMEMBERED_KEY_BYTES: usize = 64 << 20;

/// Numbers of series, as they were after so many removals of series: a series that was removed gets another
/// number when it comes back.
pub(super) struct Known {
    removals: i64,
    ids: HashMap<Arc<Series>, i64>,
    key_bytes: usize,
    max_key_bytes: usize,
}

impl Default for Known {
    fn default() -> Self {
        Self { removals: 0, ids: HashMap::new(), key_bytes: 0, max_key_bytes: MAX_REMEMBERED_KEY_BYTES }
    }
}

impl Known {
    /// Forgets all numbers, unless they are those after `removals`.
    pub(super) fn as_after(&mut self, removals: i64) -> &mut Self {
        if self.removals != removals {
            self.forget();
            self.removals = removals;
        }
        self
    }

    /// The number of `series`, if it is remembered.
    pub(super) fn id(&self, series: &Series) -> Option<i64> {
        self.ids.get(series).copied()
    }

    /// Remembers a number.
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
