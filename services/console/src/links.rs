//! Links, with all values percent-encoded.

use crate::events::{Search, Terms, equals};
use crate::explore::{Origin, Range, Resolution, range_parameters, range_parameters_of_api};
use crate::recent::Recent;
use form_urlencoded::Serializer;
use std::fmt::Write as _;
use watchkeeper_domain::event::Field;
use watchkeeper_domain::{Series, SeriesFilter, Timestamp};

/// The prefix of parameters that select a label.
pub(crate) const LABEL: &str = "label.";

/// The API's stream of samples of matching series.
pub(crate) fn stream(filter: &SeriesFilter) -> String {
    api("/v1/stream", filter, &[])
}

/// The API's stream of events that a query selects.
pub(crate) fn event_stream(query: &str) -> String {
    with_query("/v1/events/stream", &Serializer::new(String::new()).append_pair("query", query).finish())
}

/// The API's answer with the events that a query selects.
pub(crate) fn events_of_api(query: &str, range: Range) -> String {
    with_query("/v1/events", &event_parameters(query, range).finish())
}

/// All of them as CSV.
pub(crate) fn events_as_csv(query: &str, range: Range) -> String {
    with_query("/v1/events/export", &event_parameters(query, range).append_pair("format", "csv").finish())
}

fn event_parameters(query: &str, range: Range) -> Serializer<'static, String> {
    let mut parameters = Serializer::new(String::new());
    if !query.is_empty() {
        parameters.append_pair("query", query);
    }
    parameters.extend_pairs(range_parameters_of_api(range));
    parameters
}

/// The events of one host.
pub(crate) fn events_of_host(host: &str) -> String {
    Search::of(Terms::default().with(equals(Field::Host, host)).query()).link("/events")
}

/// The alerts page over this time.
pub(crate) fn alerts(recent: Recent) -> String {
    with_query("/alerts", &Serializer::new(String::new()).append_pair("over", recent.name()).finish())
}

/// The page of an alert: of the time that it began to fire at `fired_at`, or as it is when the link is followed.
pub(crate) fn alert(rule: &str, series: &Series, fired_at: Option<Timestamp>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("rule", rule).append_pair("series", series.key());
    if let Some(fired_at) = fired_at {
        query.append_pair("fired_at", &fired_at.to_string());
    }
    with_query("/alerts/alert", &query.finish())
}

/// The page that explains a rule.
pub(crate) fn rule(name: &str) -> String {
    with_query("/alerts/rule", &Serializer::new(String::new()).append_pair("name", name).finish())
}

/// The page of one series.
pub(crate) fn series(series: &Series) -> String {
    with_query("/series", &pairs(&series_parameters(series)).finish())
}

/// The page of the target that this series says of whether it is up.
pub(crate) fn target(series: &Series) -> String {
    with_query("/target", &pairs(&series_parameters(series)).finish())
}

/// The page of a target over a range.
pub(crate) fn target_over(series: &Series, range: Range) -> String {
    with_query("/target", &pairs(&series_parameters(series)).extend_pairs(range_parameters(range)).finish())
}

/// The series of one host.
pub(crate) fn host(host: &str) -> String {
    let labels = [("host".to_owned(), host.to_owned())].into();
    let filter = SeriesFilter { source: Some("host".to_owned()), labels, ..SeriesFilter::default() };
    with_query("/explore", &pairs(&filter_parameters(&filter)).finish())
}

/// The `id` of a host on the first page: `host-web1`. Characters that an `id` or a link may not contain are written as
/// their number.
pub(crate) fn host_anchor(host: &str) -> String {
    let mut anchor = "host-".to_owned();
    for c in host.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') {
            anchor.push(c);
        } else {
            // Different hosts have different anchors.
            write!(anchor, ":{:x}:", u32::from(c)).expect("memory takes every write");
        }
    }
    anchor
}

/// The page of one series over a range.
pub(crate) fn series_over(series: &Series, range: Range) -> String {
    with_query("/series", &pairs(&series_parameters(series)).extend_pairs(range_parameters(range)).finish())
}

/// The API's answer with what the series page draws: the means, or the rollups.
pub(crate) fn history(series: &Series, range: Range, resolution: Resolution) -> String {
    let mut parameters = range_parameters_of_api(range);
    let path = match resolution.origin {
        Origin::Samples => {
            parameters.push(("step", format!("{}s", resolution.step.as_secs())));
            parameters.push(("aggregate", "avg".to_owned()));
            "/v1/range"
        }
        Origin::Rollups(window) => {
            parameters.insert(0, ("window", window.name().to_owned()));
            "/v1/rollups"
        }
    };
    api(path, &SeriesFilter::with_labels_of(series), &parameters)
}

/// A path of the API with a filter and other parameters.
pub(crate) fn api(path: &str, filter: &SeriesFilter, parameters: &[(&'static str, String)]) -> String {
    with_query(path, &pairs(&filter_parameters(filter)).extend_pairs(parameters).finish())
}

/// The parameters that select one series on a page.
pub(crate) fn series_parameters(series: &Series) -> Vec<(String, String)> {
    let mut parameters = filter_parameters(&SeriesFilter::with_labels_of(series));
    if !series.unit().is_empty() {
        parameters.push(("unit".to_owned(), series.unit().to_owned()));
    }
    parameters
}

/// The parameters `source`, `name` and `label.KEY`, the same for the API and the pages.
fn filter_parameters(filter: &SeriesFilter) -> Vec<(String, String)> {
    let given = [("source", &filter.source), ("name", &filter.name)].into_iter();
    let given = given.filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    let labels = filter.labels.iter().map(|(name, value)| (format!("{LABEL}{name}"), value.clone()));
    given.chain(labels).collect()
}

fn pairs(parameters: &[(String, String)]) -> Serializer<'static, String> {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(parameters);
    query
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_domain::Window;

    #[test]
    fn what_stands_in_an_address_is_encoded() {
        let named = Series::new("host", "disk/free", "MB & more", &[("path", "/a b='1'")]).unwrap();
        assert_eq!(
            series(&named),
            "/series?source=host&name=disk%2Ffree&label.path=%2Fa+b%3D%271%27&unit=MB+%26+more"
        );
        let filter = SeriesFilter { source: Some("a&b".to_owned()), ..SeriesFilter::default() };
        assert_eq!(stream(&filter), "/v1/stream?source=a%26b");
        assert_eq!(stream(&SeriesFilter::default()), "/v1/stream");
    }

    #[test]
    fn a_query_of_events_is_encoded() {
        assert_eq!(event_stream("a=\"b c\"&"), "/v1/events/stream?query=a%3D%22b+c%22%26");
        assert_eq!(events_of_api("", Range::default()), "/v1/events?from=1h");
        assert_eq!(events_as_csv("x", Range::default()), "/v1/events/export?query=x&from=1h&format=csv");
        assert_eq!(events_of_host("web 1"), "/events?query=host%3D%22web+1%22");
    }

    #[test]
    fn every_host_has_an_anchor_of_its_own() {
        assert_eq!(host_anchor("web-1.example"), "host-web-1.example");
        assert_eq!([host_anchor("a b"), host_anchor("a-b")], ["host-a:20:b", "host-a-b"]);
    }

    #[test]
    fn a_history_is_asked_for_as_it_is_drawn() {
        let load = Series::new("host", "load", "", &[]).unwrap();
        let of =
            |origin| history(&load, Range::default(), Resolution { step: Duration::from_secs(15), origin });
        assert_eq!(of(Origin::Samples), "/v1/range?source=host&name=load&from=1h&step=15s&aggregate=avg");
        assert_eq!(of(Origin::Rollups(Window::Day)), "/v1/rollups?source=host&name=load&window=day&from=1h");
    }
}
