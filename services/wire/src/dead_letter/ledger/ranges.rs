//! A set of offsets.

use std::collections::BTreeMap;
use watchkeeper_ports::Offset;

/// Maximum number of ranges; beyond it the lowest is dropped.
pub(super) const MAX_RANGES: usize = 50_000;

/// A set of offsets, stored as ranges, because most are adjacent.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    /// The end of each range (exclusive) by its first offset.
    ends: BTreeMap<Offset, Offset>,
}

impl Ranges {
    /// Adds an offset; returns whether it is new.
    pub(super) fn insert(&mut self, offset: Offset) -> bool {
        let (false, Some(mut end)) = (self.contains(offset), offset.checked_add(1)) else { return false };
        let before = self.ends.range(..offset).next_back().filter(|(_, end)| **end == offset);
        let start = before.map_or(offset, |(start, _)| *start);
        if let Some(joined) = self.ends.remove(&end) {
            end = joined;
        }
        self.ends.insert(start, end);
        if self.ends.len() > MAX_RANGES {
            self.ends.pop_first();
        }
        true
    }

    pub(super) fn contains(&self, offset: Offset) -> bool {
        self.ends.range(..=offset).next_back().is_some_and(|(_, end)| offset < *end)
    }

    /// Removes offsets before `earliest`.
    pub(super) fn forget_before(&mut self, earliest: Offset) {
        let rest = self.ends.split_off(&earliest);
        let cut = self.ends.pop_last().filter(|(_, end)| *end > earliest);
        self.ends = rest;
        self.ends.extend(cut.map(|(_, end)| (earliest, end)));
    }

    /// Number of offsets.
    pub(super) fn len(&self) -> u64 {
        self.ends.iter().map(|(start, end)| end - start).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn past_the_limit_the_lowest_range_is_forgotten() {
        let mut ranges = Ranges::default();
        for range in 0..=MAX_RANGES as u64 {
            ranges.insert(2 * range);
        }
        assert_eq!(ranges.len(), MAX_RANGES as u64);
        assert!(!ranges.contains(0) && ranges.contains(2));
    }

    proptest! {
        #[test]
        fn it_is_the_set_of_what_was_put_in(offsets in prop::collection::vec(0_u64..40, 0..40), earliest in 0_u64..40) {
            let (mut ranges, mut expected) = (Ranges::default(), BTreeSet::new());
            for offset in offsets {
                prop_assert_eq!(ranges.insert(offset), expected.insert(offset));
            }
            ranges.forget_before(earliest);
            expected.retain(|offset| *offset >= earliest);
            prop_assert_eq!((0..50).filter(|offset| ranges.contains(*offset)).collect::<BTreeSet<_>>(), expected);
        }
    }
}
