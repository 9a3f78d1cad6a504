//! Orders series by key, so that a query examines no more than it must.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use watchkeeper_domain::{KeyRange, Series, SeriesFilter};

/// Series by key: all of them, and those of each name.
#[derive(Default)]
pub(super) struct Index {
    all: BTreeSet<ByKey>,
    by_name: HashMap<Box<str>, BTreeSet<ByKey>>,
}

impl Index {
    pub(super) fn insert(&mut self, series: &Arc<Series>) {
        self.all.insert(ByKey(series.clone()));
        if !self.by_name.contains_key(series.name()) {
            self.by_name.insert(series.name().into(), BTreeSet::new());
        }
        if let Some(named) = self.by_name.get_mut(series.name()) {
            named.insert(ByKey(series.clone()));
        }
    }

    pub(super) fn remove(&mut self, series: &Series) {
        self.all.remove(series.key());
        if let Some(named) = self.by_name.get_mut(series.name()) {
            named.remove(series.key());
            if named.is_empty() {
                self.by_name.remove(series.name());
            }
        }
    }

    /// Candidates for `filter` within `range`, by key.
    pub(super) fn candidates(
        &self,
        filter: &SeriesFilter,
        range: &KeyRange,
    ) -> impl Iterator<Item = &Arc<Series>> {
        let set = match &filter.name {
            Some(name) => self.by_name.get(name.as_str()),
            None => Some(&self.all),
        };
        // A BTree panics on a reversed range.
        set.filter(|_| !range.is_empty()).into_iter().flat_map(|set| {
            let bounds = (Bound::Excluded(range.after.as_str()), Bound::Excluded(range.before.as_str()));
            set.range::<str, _>(bounds).map(|ByKey(series)| series)
        })
    }
}

/// A series, looked up by its key.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ByKey(Arc<Series>);

/// Series are ordered by their keys.
impl Borrow<str> for ByKey {
    fn borrow(&self) -> &str {
        self.0.key()
    }
}

#[cfg(test)]
impl Index {
    pub(super) fn is_bare(&self) -> bool {
        self.all.is_empty() && self.by_name.is_empty()
    }
}
