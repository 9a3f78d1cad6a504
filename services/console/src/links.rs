//! Links, with all values percent-encoded.

use crate::lookback::Lookback;
use form_urlencoded::Serializer;
use watchkeeper_domain::{Series, SeriesFilter};
use watchkeeper_query::{Cursor, Origin};

/// The prefix of parameters that select a label.
pub(crate) const LABEL: &str = "label.";

/// The value of `origin` for pages from the store; pages from the cache have no `origin`.
pub(crate) const STORE: &str = "store";

/// The page of the matching series after `cursor`.
pub(crate) fn explore(filter: &SeriesFilter, cursor: Option<&Cursor>) -> String {
    let mut query = filter_query(filter);
    if let Some(Cursor { origin, after }) = cursor {
        query.append_pair("after", after);
        if *origin == Origin::Store {
            query.append_pair("origin", STORE);
        }
    }
    with_query("/explore", &query.finish())
}

/// The API's stream of samples of matching series.
pub(crate) fn stream(filter: &SeriesFilter) -> String {
    with_query("/v1/stream", &filter_query(filter).finish())
}

/// The page of one series.
pub(crate) fn series(series: &Series) -> String {
    with_query("/series", &series_query(series).finish())
}

/// The page of one series with a lookback.
pub(crate) fn series_over(series: &Series, lookback: Lookback) -> String {
    with_query("/series", &series_query(series).append_pair("over", lookback.name()).finish())
}

/// The API's range query for the means that the series page draws.
pub(crate) fn range(series: &Series, lookback: Lookback) -> String {
    let mut query = filter_query(&SeriesFilter::with_labels_of(series));
    query.append_pair("from", lookback.name());
    query.append_pair("step", &format!("{}s", lookback.step().as_secs()));
    with_query("/v1/range", &query.append_pair("aggregate", "avg").finish())
}

type Query = Serializer<'static, String>;

/// The parameters `source`, `name` and `label.KEY`, the same for the API and the pages.
fn filter_query(filter: &SeriesFilter) -> Query {
    let mut query = Serializer::new(String::new());
    for (name, value) in [("source", &filter.source), ("name", &filter.name)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    for (name, value) in &filter.labels {
        query.append_pair(&format!("{LABEL}{name}"), value);
    }
    query
}

fn series_query(series: &Series) -> Query {
    let mut query = filter_query(&SeriesFilter::with_labels_of(series));
    if !series.unit().is_empty() {
        query.append_pair("unit", series.unit());
    }
    query
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_an_address_is_encoded() {
        let named = Series::new("host", "disk/free", "MB & more", &[("path", "/a b='1'")]).unwrap();
        assert_eq!(
            series(&named),
            "/series?source=host&name=disk%2Ffree&label.path=%2Fa+b%3D%271%27&unit=MB+%26+more"
        );
        let filter = SeriesFilter { source: Some("a&b".to_owned()), ..SeriesFilter::default() };
        let after = |origin| Cursor { origin, after: "k{x=\"1\"}".to_owned() };
        let next = "/explore?source=a%26b&after=k%7Bx%3D%221%22%7D";
        assert_eq!(explore(&filter, Some(&after(Origin::Cache))), next);
        assert_eq!(explore(&filter, Some(&after(Origin::Store))), format!("{next}&origin=store"));
        assert_eq!(explore(&SeriesFilter::default(), None), "/explore");
        assert_eq!(stream(&filter), "/v1/stream?source=a%26b");
    }

    #[test]
    fn the_range_is_asked_for_as_it_is_drawn() {
        let load = Series::new("host", "load", "", &[]).unwrap();
        assert_eq!(
            range(&load, Lookback::Hour),
            "/v1/range?source=host&name=load&from=1h&step=60s&aggregate=avg"
        );
    }
}
