//! Which keys the series of a filter can have.
//!
//! A key begins with its source and a slash, and no source holds one: the series of one source are one
//! range of keys.

use watchkeeper_domain::SeriesFilter;
use watchkeeper_ports::Page;

/// Greater than every key: no series starts with this character.
const PAST_ALL_KEYS: &str = "\u{10FFFF}";

/// The keys between two bounds, both excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) after: String,
    pub(crate) before: String,
}

impl KeyRange {
    /// Every key that a series of `filter` can have.
    pub(crate) fn of(filter: &SeriesFilter) -> Self {
        match &filter.source {
            // `0` is the character after `/`.
            Some(source) => Self { after: format!("{source}/"), before: format!("{source}0") },
            None => Self { after: String::new(), before: PAST_ALL_KEYS.to_owned() },
        }
    }

    /// Of those, the ones on `page` and after it.
    pub(crate) fn on(filter: &SeriesFilter, page: &Page) -> Self {
        Self::of(filter).from(page.after.as_deref())
    }

    /// Of these, the ones after `key`.
    pub(crate) fn from(self, key: Option<&str>) -> Self {
        match key {
            Some(key) if *key > *self.after => Self { after: key.to_owned(), ..self },
            _ => self,
        }
    }

    /// Whether no key can lie between the bounds.
    pub(crate) fn is_empty(&self) -> bool {
        self.after >= self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::Series;

    fn holds(range: &KeyRange, key: &str) -> bool {
        *range.after < *key && *key < *range.before
    }

    proptest! {
        #[test]
        fn a_key_is_in_the_range_of_a_source_exactly_if_it_is_of_it(
            source in "[a-z0.:-]{1,3}", name in "[a-z/0-]{1,3}", asked in "[a-z0.:-]{1,3}",
        ) {
            let series = Series::new(&source, &name, "", &[]).unwrap();
            let of = |source: Option<&String>| {
                KeyRange::of(&SeriesFilter { source: source.cloned(), ..SeriesFilter::default() })
            };
            prop_assert!(holds(&of(None), series.key()));
            prop_assert!(holds(&of(Some(&source)), series.key()));
            prop_assert_eq!(holds(&of(Some(&asked)), series.key()), asked == source);
        }
    }

    #[test]
    fn a_page_goes_on_after_its_key_but_never_before_the_filter() {
        let filter = SeriesFilter { source: Some("host".into()), ..SeriesFilter::default() };
        let after = |key: &str| KeyRange::on(&filter, &Page { after: Some(key.into()), limit: 1 });
        assert_eq!(after("github/x"), KeyRange::of(&filter));
        assert_eq!(after("host/load").after, "host/load");
        assert!(after("moex/x").is_empty());
    }
}
