//! The parameters of one request.

use crate::question::Count;
use axum::extract::Query;
use axum::http::Uri;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use watchkeeper_domain::{SeriesFilter, Violation};

/// Maximum number of parameters per request.
pub(super) const MAX_PARAMETERS: usize = 64;
/// The prefix of parameters that select a label.
pub(super) const LABEL: &str = "label.";

/// The query parameters of a request that are not parsed yet, each at most once.
#[derive(Debug)]
pub(super) struct Given(BTreeMap<String, String>);

impl Given {
    /// Parses the query of `uri`.
    pub(super) fn in_query(uri: &Uri) -> Result<Self, Violation> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Violation::new("query", error.body_text()))?;
        if pairs.len() > MAX_PARAMETERS {
            let reason = format!("has {} parameters, the limit is {MAX_PARAMETERS}", pairs.len());
            return Err(Violation::new("query", reason));
        }
        let mut given = BTreeMap::new();
        for (name, value) in pairs {
            if given.contains_key(&name) {
                return Err(Violation::new(name, "is given twice"));
            }
            given.insert(name, value);
        }
        Ok(Self(given))
    }

    /// Takes the text of a parameter.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Takes and parses a parameter. The error is that of its type.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, Violation> {
        let parse = |text: String| {
            text.parse().map_err(|error| Violation::new(name, format!("{error}, is {text:?}")))
        };
        self.take(name).map(parse).transpose()
    }

    /// Takes a limit.
    pub(super) fn count(&mut self, name: &str, count: Count) -> Result<usize, Violation> {
        let Some(text) = self.take(name) else { return Ok(count.default) };
        let asked = text.parse().map_err(|_| {
            Violation::new(name, format!("must be a whole number from 1 to {}, is {text:?}", count.most))
        })?;
        count.checked(name, asked)
    }

    /// Takes a series filter: `source`, `name` and any `label.KEY`.
    pub(super) fn filter(&mut self) -> Result<SeriesFilter, Violation> {
        let (source, name) = (self.take("source"), self.take("name"));
        let all = std::mem::take(&mut self.0).into_iter();
        let (labels, rest) = all.partition(|(name, _): &(String, String)| name.starts_with(LABEL));
        self.0 = rest;
        let labels = BTreeMap::into_iter(labels).map(|(name, value)| (name[LABEL.len()..].to_owned(), value));
        let labels = labels.collect();
        SeriesFilter { source, name, labels, key: None }
            .checked()
            .map_err(|violation| Violation { field: spelt_here(&violation.field), ..violation })
    }

    /// Refuses leftover parameters: a misspelled filter must not widen a query.
    pub(super) fn finish(self, known: impl IntoIterator<Item = impl Display>) -> Result<(), Violation> {
        let Some(unknown) = self.0.into_keys().next() else { return Ok(()) };
        let known: Vec<String> = known.into_iter().map(|name| name.to_string()).collect();
        let those = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Err(Violation::new(unknown, format!("unknown parameter; this path accepts {those}")))
    }
}

/// Spells `labels.host` as the parameter `label.host`.
fn spelt_here(field: &str) -> String {
    field.strip_prefix("labels").map_or_else(|| field.to_owned(), |key| format!("label{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::limits::MAX_LABELS;

    fn given(query: &str) -> Result<Given, String> {
        let uri: Uri = format!("/v1/series?{query}").parse().unwrap();
        Given::in_query(&uri).map_err(|violation| violation.to_string())
    }

    fn filter(query: &str) -> Result<SeriesFilter, String> {
        given(query)?.filter().map_err(|violation| violation.to_string())
    }

    fn many(name: &str, count: usize) -> String {
        (0..count).map(|index| format!("{name}{index}=x")).collect::<Vec<_>>().join("&")
    }

    #[test]
    fn a_filter_takes_source_name_and_labels() {
        let mut given = given("source=host&label.cpu=0&name=load%2F1&label.a.b=%C3%A9+x&limit=3").unwrap();
        let expected = SeriesFilter {
            labels: [("cpu".to_owned(), "0".to_owned()), ("a.b".to_owned(), "é x".to_owned())].into(),
            ..SeriesFilter::named("host", "load/1")
        };
        assert_eq!(given.filter(), Ok(expected));
        let left = given.finish(["source"]).unwrap_err().to_string();
        assert_eq!(left, "limit: unknown parameter; this path accepts source");
    }

    #[test]
    fn a_filter_is_refused_by_the_name_of_the_parameter() {
        assert_eq!(filter("source=").unwrap_err(), "source: must have 1 to 64 bytes, is empty");
        assert!(filter("label.host=a%0Ab").unwrap_err().starts_with("label.host: "));
        assert!(filter("label.=a").unwrap_err().starts_with("label: a label's name must have"));
        assert_eq!(filter(&many(LABEL, MAX_LABELS)).unwrap().labels.len(), MAX_LABELS);
        assert_eq!(
            filter(&many(LABEL, MAX_LABELS + 1)).unwrap_err(),
            "label: has 33 labels, the limit is 32"
        );
    }

    #[test]
    fn a_parameter_given_twice_or_too_many_of_them_are_refused() {
        assert_eq!(given("name=a&name=a").unwrap_err(), "name: is given twice");
        assert!(given(&many("x", MAX_PARAMETERS)).is_ok());
        assert_eq!(
            given(&many("x", MAX_PARAMETERS + 1)).unwrap_err(),
            "query: has 65 parameters, the limit is 64"
        );
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let count = Count { default: 2, most: 3 };
        let read =
            |query| given(query).unwrap().count("limit", count).map_err(|violation| violation.to_string());
        assert_eq!((read(""), read("limit=3")), (Ok(2), Ok(3)));
        assert_eq!(read("limit=4").unwrap_err(), "limit: must be from 1 to 3, is 4");
        assert_eq!(read("limit=").unwrap_err(), "limit: must be a whole number from 1 to 3, is \"\"");
        assert!(read("limit=99999999999999999999").is_err());
    }
}
