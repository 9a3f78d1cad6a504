//! The query parameters of the pages.

use crate::gather::Chosen;
use crate::links::{LABEL, STORE};
use crate::lookback::Lookback;
use serde::Deserialize;
use watchkeeper_domain::{Series, SeriesFilter, Violation};
use watchkeeper_query::{Cursor, Origin};
use watchkeeper_runtime::http::Problem;

/// The query of `/explore`. Empty form fields count as absent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuestion {
    source: Option<String>,
    name: Option<String>,
    after: Option<String>,
    /// The origin of the previous page; the cache if absent.
    origin: Option<String>,
}

impl ListQuestion {
    pub(super) fn chosen(self) -> Chosen {
        let given =
            |field: Option<String>| field.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let filter =
            SeriesFilter { source: given(self.source), name: given(self.name), ..SeriesFilter::default() };
        let origin = if self.origin.as_deref() == Some(STORE) { Origin::Store } else { Origin::Cache };
        let after = self.after.filter(|key| !key.is_empty());
        Chosen { filter, cursor: after.map(|after| Cursor { origin, after }) }
    }
}

/// The query of `/series`: `source`, `name` and `unit`, `label.KEY` for each label, and `over` for the lookback.
#[derive(Debug)]
pub(super) struct SeriesQuestion {
    pub(super) series: Series,
    pub(super) lookback: Lookback,
}

impl SeriesQuestion {
    /// Reads the query; unknown parameters are ignored.
    pub(super) fn read(query: &[(String, String)]) -> Result<Self, Problem> {
        Self::parse(query).map_err(|violation| Problem::bad_request(violation.field, violation.reason))
    }

    fn parse(query: &[(String, String)]) -> Result<Self, Violation> {
        let one = |field| query.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str());
        let labels =
            query.iter().filter_map(|(name, value)| Some((name.strip_prefix(LABEL)?, value.as_str())));
        let labels: Vec<_> = labels.collect();
        let (source, name) = (one("source").unwrap_or_default(), one("name").unwrap_or_default());
        Ok(Self {
            series: Series::new(source, name, one("unit").unwrap_or_default(), &labels)?,
            lookback: one("over").map_or(Ok(Lookback::default()), Lookback::named)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(query: &[(&str, &str)]) -> Result<SeriesQuestion, String> {
        let query: Vec<_> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SeriesQuestion::parse(&query).map_err(|violation| violation.to_string())
    }

    #[test]
    fn a_series_is_read_from_its_parts() {
        let found =
            read(&[("source", "host"), ("name", "load"), ("label.a", "b=c"), ("over", "7d")]).unwrap();
        assert_eq!(found.series.key(), r#"host/load{a="b=c"}"#);
        assert_eq!(found.lookback, Lookback::Week);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(read(&[]).unwrap_err(), "source: must have 1 to 64 bytes, is empty");
        let named = [("source", "host"), ("name", "load")];
        assert_eq!(
            read(&[named[0], named[1], ("label.a", "\n")]).unwrap_err(),
            "labels.a: must not contain control characters but has '\\n'"
        );
        assert_eq!(
            read(&[named[0], named[1], ("over", "1y")]).unwrap_err(),
            "over: must be one of 1h, 24h, 7d"
        );
    }

    #[test]
    fn an_empty_field_is_no_condition() {
        let question = ListQuestion {
            source: Some(" ".into()),
            name: Some(" load ".into()),
            after: Some(String::new()),
            origin: None,
        };
        let chosen = question.chosen();
        assert_eq!(
            (chosen.filter.source, chosen.filter.name.as_deref(), chosen.cursor),
            (None, Some("load"), None)
        );
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in prop::collection::vec(("source|name|unit|label.[ab]|over|x", ".{0,12}"), 0..6)) {
            let _ = SeriesQuestion::parse(&query);
        }
    }
}
