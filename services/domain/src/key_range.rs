//! The range of keys that a filter can match.

use crate::SeriesFilter;
use crate::limits::MAX_UNIT_BYTES;

/// Greater than every key: no series starts with this character.
const PAST_ALL_KEYS: &str = "\u{10FFFF}";

/// The last character there is.
const LAST: char = '\u{10FFFF}';
/// More of [`LAST`] than a unit can hold; nothing else in a key can have one after an unquoted character.
const LASTS: usize = MAX_UNIT_BYTES / LAST.len_utf8() + 1;

/// The keys between two bounds, both excluded; empty if the bounds are reversed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// Less than every key in the range.
    pub after: String,
    /// Greater than every key in the range.
    pub before: String,
}

impl KeyRange {
    /// Every key that a series of `filter` can have, after the given one.
    ///
    /// A key begins with its source and a slash, and a source has no slash: the keys of one source are
    /// contiguous.
    pub fn of(filter: &SeriesFilter, after: Option<&str>) -> Self {
        let (first, before) = match (&filter.key, &filter.source) {
            (Some(key), _) => around(key),
            // `0` is the character after `/`.
            (None, Some(source)) => (format!("{source}/"), format!("{source}0")),
            (None, None) => (String::new(), PAST_ALL_KEYS.to_owned()),
        };
        let after = after.filter(|after| **after > *first).map_or(first, str::to_owned);
        Self { after, before }
    }

    /// Whether no key can be between the bounds.
    pub fn is_empty(&self) -> bool {
        self.after >= self.before
    }
}

/// Two bounds between which `key` alone lies.
fn around(key: &str) -> (String, String) {
    // Keys have no control characters.
    let before = format!("{key}\u{1}");
    let mut chars = key.chars();
    let Some(last) = chars.next_back() else { return (String::new(), before) };
    // The code point before the first one after the surrogates is the last one before them.
    let predecessor = char::from_u32(u32::from(last).saturating_sub(1)).unwrap_or('\u{D7FF}');
    let mut after = chars.as_str().to_owned();
    after.push(predecessor);
    after.extend(std::iter::repeat_n(LAST, LASTS));
    (after, before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Series;
    use proptest::prelude::*;

    fn of_source(source: &str) -> SeriesFilter {
        SeriesFilter { source: Some(source.to_owned()), ..SeriesFilter::default() }
    }

    proptest! {
        #[test]
        fn a_key_is_in_the_range_of_a_source_exactly_if_it_is_of_it(
            source in "[a-z0.:-]{1,3}", name in "[a-z/0-]{1,3}", asked in "[a-z0.:-]{1,3}",
        ) {
            let series = Series::new(&source, &name, "", &[]).unwrap();
            let is_in = |filter: &SeriesFilter| {
                let range = KeyRange::of(filter, None);
                *range.after < *series.key() && *series.key() < *range.before
            };
            prop_assert!(is_in(&SeriesFilter::default()));
            prop_assert!(is_in(&of_source(&source)));
            prop_assert_eq!(is_in(&of_source(&asked)), asked == source);
        }
    }

    proptest! {
        #[test]
        fn the_range_of_one_series_has_its_key_and_no_other(
            name in "[ab.]{1,2}", value in r"[ -~\u{10FFFE}\u{10FFFF}]{0,2}", unit in "[ab\u{10FFFE}\u{10FFFF}\u{E000}]{0,8}",
            other_unit in "[ab\u{10FFFE}\u{10FFFF}\u{D7FF}]{0,8}", other_value in r"[ -~\u{10FFFE}\u{10FFFF}]{0,2}",
        ) {
            let series = |value: &str, unit: &str, more: bool| {
                let labels = [("a", value), ("b", "")];
                Series::new("host", &name, unit, &labels[..=usize::from(more)]).unwrap()
            };
            let only = series(&value, &unit, false);
            let range = KeyRange::of(&SeriesFilter::only(&only), None);
            let others = [&*value, &other_value].into_iter().flat_map(|value| {
                [&*unit, &other_unit].map(|unit| [series(value, unit, false), series(value, unit, true)])
            });
            let bare = Series::new("host", &name, &unit, &[]).unwrap();
            for other in others.flatten().chain([only.clone(), bare]) {
                let is_in = *range.after < *other.key() && *other.key() < *range.before;
                prop_assert_eq!(is_in, other == only, "{} {}", other, only);
            }
        }
    }

    #[test]
    fn a_range_goes_on_after_a_key_but_never_before_the_filter() {
        let host = of_source("host");
        let after = |key: &str| KeyRange::of(&host, Some(key));
        assert_eq!(after("github/x"), KeyRange::of(&host, None));
        assert_eq!(after("host/load"), KeyRange { after: "host/load".into(), before: "host0".into() });
        assert!(after("moex/x").is_empty());
        assert!(!after("host/load").is_empty());
    }
}
