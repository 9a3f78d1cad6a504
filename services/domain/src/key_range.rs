//! Which keys the series of a filter can have.

use crate::SeriesFilter;

/// Greater than every key: no series starts with this character.
const PAST_ALL_KEYS: &str = "\u{10FFFF}";

/// The keys between two bounds, both excluded; none when they are upside down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// Less than every key in the range.
    pub after: String,
    /// Greater than every key in the range.
    pub before: String,
}

impl KeyRange {
    /// Every key that a series of `filter` can have, of those that come after the one given.
    ///
    /// A key begins with its source and a slash, and no source holds one: the series of one source are one
    /// range of keys.
    pub fn of(filter: &SeriesFilter, after: Option<&str>) -> Self {
        let (first, before) = match &filter.source {
            // `0` is the character after `/`.
            Some(source) => (format!("{source}/"), format!("{source}0")),
            None => (String::new(), PAST_ALL_KEYS.to_owned()),
        };
        let after = after.filter(|after| **after > *first).map_or(first, str::to_owned);
        Self { after, before }
    }

    /// Whether no key can lie between the bounds.
    pub fn is_empty(&self) -> bool {
        self.after >= self.before
    }
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
