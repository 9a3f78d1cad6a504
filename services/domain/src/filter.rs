//! Selects series.

use crate::limits::{self, Violation};
use crate::{Label, Series, SeriesParts};
use std::collections::BTreeMap;

/// Selects series: every given condition must hold exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesFilter {
    /// The series' source.
    pub source: Option<String>,
    /// The series' name.
    pub name: Option<String>,
    /// Labels that the series must have, with these values; it may have more.
    pub labels: BTreeMap<String, String>,
    /// The series' key, which no other series has: [`SeriesFilter::only`] sets it.
    pub key: Option<String>,
}

impl SeriesFilter {
    /// The series of one source and name, whatever their labels.
    pub fn named(source: impl Into<String>, name: impl Into<String>) -> Self {
        Self { source: Some(source.into()), name: Some(name.into()), ..Self::default() }
    }

    /// Exactly this series. It is found at once, however many similar ones there are.
    pub fn only(series: &Series) -> Self {
        Self { key: Some(series.key().to_owned()), ..Self::with_labels_of(series) }
    }

    /// Returns the filter if it could match a valid series. One that could not is the caller's mistake:
    /// better refused than answered with nothing.
    pub fn checked(self) -> Result<Self, Violation> {
        const ANY: &str = "any";
        let labels: Vec<Label<'_>> =
            self.labels.iter().map(|(name, value)| (name.into(), value.into())).collect();
        limits::check_series(&SeriesParts {
            source: self.source.as_deref().unwrap_or(ANY),
            name: self.name.as_deref().unwrap_or(ANY),
            unit: "",
            labels: &labels,
        })?;
        Ok(self)
    }

    /// The series with the source, name and labels of `series`: itself, and any with more labels.
    pub fn with_labels_of(series: &Series) -> Self {
        let labels = series.labels().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { labels: labels.collect(), ..Self::named(series.source(), series.name()) }
    }

    /// Whether the filter selects `series`.
    #[must_use]
    pub fn matches(&self, series: &Series) -> bool {
        self.key.as_deref().is_none_or(|key| key == series.key())
            && self.source.as_deref().is_none_or(|source| source == series.source())
            && self.name.as_deref().is_none_or(|name| name == series.name())
            && self.labels.iter().all(|(name, value)| series.label(name) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_given_condition_must_hold() {
        let series = Series::new("host", "load", "", &[("cpu", "0"), ("host", "a")]).unwrap();
        let with = |labels: &[(&str, &str)]| SeriesFilter {
            labels: labels.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect(),
            ..SeriesFilter::named("host", "load")
        };
        assert!(SeriesFilter::default().matches(&series));
        assert!(with(&[]).matches(&series));
        assert!(with(&[("cpu", "0")]).matches(&series));
        assert!(!with(&[("cpu", "1")]).matches(&series));
        assert!(!with(&[("disk", "")]).matches(&series));
        assert!(!SeriesFilter::named("host", "cpu").matches(&series));
        assert!(!SeriesFilter::named("github", "load").matches(&series));
        assert!(SeriesFilter::only(&series).matches(&series));
        let more = Series::new("host", "load", "", &[("cpu", "0"), ("host", "a"), ("x", "")]).unwrap();
        assert!(SeriesFilter::with_labels_of(&series).matches(&more));
        assert!(!SeriesFilter::only(&series).matches(&more));
    }

    fn with_labels(count: usize) -> SeriesFilter {
        let labels = (0..count).map(|index| (format!("l{index}"), String::new())).collect();
        SeriesFilter { labels, ..SeriesFilter::default() }
    }

    #[test]
    fn a_filter_that_some_series_could_match_is_taken() {
        let most_labels = with_labels(limits::MAX_LABELS);
        for filter in [SeriesFilter::default(), SeriesFilter::named("host", "load/1"), most_labels] {
            assert_eq!(filter.clone().checked(), Ok(filter));
        }
    }

    #[test]
    fn a_filter_that_no_series_can_match_is_refused_by_field() {
        let refused = |filter: SeriesFilter| filter.checked().unwrap_err().to_string();
        let nameless = SeriesFilter::named("", "load");
        assert_eq!(refused(nameless), "source: must have 1 to 64 bytes, is empty");
        let spaced = SeriesFilter::named("host", "load avg");
        assert_eq!(refused(spaced), "name: may have only letters, digits and any of _.:-/ but has ' '");
        let too_many = with_labels(limits::MAX_LABELS + 1);
        assert_eq!(refused(too_many), "labels: has 33 labels, the limit is 32");
        let labels = [("host".to_owned(), "a\nb".to_owned())].into();
        let broken = SeriesFilter { labels, ..SeriesFilter::default() };
        assert_eq!(refused(broken), "labels.host: must not contain control characters but has '\\n'");
    }
}
