//! The query parameters of the pages.

use crate::explore::{Given, POINTS, Question, Range};
use crate::links::LABEL;
use watchkeeper_domain::{Series, Timestamp, Violation};
use watchkeeper_runtime::http::Problem;

/// The query of `/series`: `source`, `name` and `unit`, `label.KEY` for each label, the range, and `points`.
#[derive(Debug)]
pub(super) struct SeriesQuestion {
    pub(super) series: Series,
    pub(super) range: Range,
    /// Most points of the line.
    pub(super) points: u64,
}

impl SeriesQuestion {
    /// Reads the query; unknown parameters are ignored.
    pub(super) fn read(query: &[(String, String)], now: Timestamp) -> Result<Self, Problem> {
        Self::parse(query, now).map_err(problem)
    }

    fn parse(query: &[(String, String)], now: Timestamp) -> Result<Self, Violation> {
        let one = |field| query.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str());
        let labels =
            query.iter().filter_map(|(name, value)| Some((name.strip_prefix(LABEL)?, value.as_str())));
        let labels: Vec<_> = labels.collect();
        let (source, name) = (one("source").unwrap_or_default(), one("name").unwrap_or_default());
        let given = Given(query);
        Ok(Self {
            series: Series::new(source, name, one("unit").unwrap_or_default(), &labels)?,
            range: given.range(now)?,
            points: given.number("points", POINTS, Question::default().points)?,
        })
    }
}

pub(super) fn problem(violation: Violation) -> Problem {
    Problem::bad_request(violation.field, violation.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(query: &[(&str, &str)]) -> Result<SeriesQuestion, String> {
        let query: Vec<_> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SeriesQuestion::parse(&query, Timestamp::now()).map_err(|violation| violation.to_string())
    }

    #[test]
    fn a_series_is_read_from_its_parts() {
        let found =
            read(&[("source", "host"), ("name", "load"), ("label.a", "b=c"), ("over", "7d")]).unwrap();
        assert_eq!(found.series.key(), r#"host/load{a="b=c"}"#);
        assert_eq!((found.range.title().as_str(), found.points), ("last 7 days", 300));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(read(&[]).unwrap_err(), "source: must have 1 to 64 bytes, is empty");
        let named = [("source", "host"), ("name", "load")];
        assert_eq!(
            read(&[named[0], named[1], ("label.a", "\n")]).unwrap_err(),
            "labels.a: must not contain control characters but has '\\n'"
        );
        assert!(
            read(&[named[0], named[1], ("over", "week")])
                .unwrap_err()
                .starts_with("over: must be a duration")
        );
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in prop::collection::vec(("source|name|unit|label.[ab]|over|points|x", ".{0,12}"), 0..6)) {
            let _ = SeriesQuestion::parse(&query, Timestamp::now());
        }
    }
}
