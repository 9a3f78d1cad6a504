//! The address of a search: everything that the page shows is in it.

use crate::explore::{Given, Range, Span, range_parameters};
use form_urlencoded::Serializer;
use watchkeeper_domain::event::{EventFilter, FilterError, MAX_FIELD_NAME_BYTES, MAX_FILTER_BYTES};
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_query::{EventsCursor, NOW_STEP};

/// What `/events` is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Search {
    /// The query, as typed.
    pub(crate) query: String,
    pub(crate) range: Range,
    /// The page of the list; `None` for the newest events. In order of time, it has those just after a newer page.
    pub(crate) page: Option<EventsCursor>,
    /// The field whose most frequent values are shown.
    pub(crate) field: Option<String>,
}

impl Search {
    /// Reads the parameters of an address; empty and unknown ones are ignored. The query is not yet understood: what is
    /// wrong with it is said on the page.
    ///
    /// # Errors
    /// Names the parameter and its limit.
    pub(crate) fn parse(parameters: &[(String, String)], now: Timestamp) -> Result<Self, Violation> {
        let given = Given(parameters);
        let page = given.one("page").map(str::parse::<EventsCursor>).transpose();
        let page = page.map_err(|violation| Violation::new("page", violation.reason))?;
        Ok(Self {
            query: limited("query", given.one("query").unwrap_or_default(), 2 * MAX_FILTER_BYTES)?,
            range: given.range(now)?,
            page,
            field: given.one("field").map(|name| limited("field", name, MAX_FIELD_NAME_BYTES)).transpose()?,
        })
    }

    /// A search for a query over the default range.
    pub(crate) fn of(query: String) -> Self {
        Self { query, ..Self::default() }
    }

    /// The query, understood.
    pub(crate) fn filter(&self) -> Result<EventFilter, FilterError> {
        self.query.parse()
    }

    /// Another query, from its first page.
    #[must_use]
    pub(crate) fn with_query(&self, query: String) -> Self {
        Self { query, page: None, ..self.clone() }
    }

    /// Another range, from its first page.
    #[must_use]
    pub(crate) fn with_range(&self, range: Range) -> Self {
        Self { range, page: None, ..self.clone() }
    }

    /// Another page. It is about the same time as this one, so that pages which continue each other are parts of one
    /// list.
    #[must_use]
    pub(crate) fn at(&self, page: EventsCursor) -> Self {
        Self { page: Some(page), ..self.clone() }
    }

    /// The instants that the page is about. A range that ends now is the same for all who ask at about the same time.
    pub(crate) fn span(&self, now: Timestamp) -> Span {
        if let Some(page) = &self.page {
            return Span { from: page.time.start, to: page.time.end };
        }
        self.range.span(now.window_start(NOW_STEP).plus(NOW_STEP))
    }

    /// Its parameters, but for those that have their default.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        let mut push = |name: &str, value: String| {
            if !value.is_empty() {
                parameters.push((name.to_owned(), value));
            }
        };
        push("query", self.query.clone());
        for (name, value) in range_parameters(self.range) {
            push(name, value);
        }
        push("field", self.field.clone().unwrap_or_default());
        push("page", self.page.as_ref().map(ToString::to_string).unwrap_or_default());
        parameters
    }

    /// The address of this at `path`.
    pub(crate) fn link(&self, path: &str) -> String {
        let query = Serializer::new(String::new()).extend_pairs(self.parameters()).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn limited(name: &str, text: &str, most: usize) -> Result<String, Violation> {
    if text.len() > most {
        return Err(Violation::new(name, format!("has {} bytes, the limit is {most}", text.len())));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::EventId;
    use watchkeeper_ports::{EventKey, Order};

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn read(query: &str) -> Result<Search, String> {
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Search::parse(&query, now()).map_err(|violation| violation.to_string())
    }

    #[test]
    fn an_address_is_read_and_written_as_it_was() {
        let range = "over=24h&from=2026-11-19T10%3A00%3A00Z&to=2026-11-19T12%3A00%3A00Z";
        for query in ["", "query=service%3Dshop+%22a+b%22&over=15m", range, "query=x&field=ctx.user.id"] {
            let link = read(query).unwrap().link("/events");
            assert_eq!(link.trim_start_matches("/events").trim_start_matches('?'), query);
        }
    }

    #[test]
    fn a_page_keeps_the_range_of_the_page_before_it() {
        let search = read("query=x&over=15m").unwrap();
        let Span { from, to } = search.span(now());
        let after = EventKey { occurred_at: from, id: EventId::given("a") };
        let older = search.at(EventsCursor { time: from..to, order: Order::NewestFirst, after });
        let again = read(older.link("").trim_start_matches('?')).unwrap();
        assert_eq!(again, older);
        let later: Timestamp = "2026-11-20T11:00:00Z".parse().unwrap();
        assert_eq!(again.span(later), search.span(now()));
        assert_eq!(again.with_query("y".to_owned()).page, None);
        assert_eq!(again.with_range(Range::default()).page, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(read("page=x").unwrap_err().starts_with("page: "));
        let long = format!("query={}", "x".repeat(2 * MAX_FILTER_BYTES + 1));
        assert_eq!(read(&long).unwrap_err(), "query: has 8193 bytes, the limit is 8192");
        let long = format!("field={}", "x".repeat(MAX_FIELD_NAME_BYTES + 1));
        assert_eq!(read(&long).unwrap_err(), "field: has 257 bytes, the limit is 256");
        assert!(read(&long[..long.len() - 1]).is_ok());
    }

    proptest! {
        #[test]
        fn any_address_is_read_or_refused_and_what_was_read_is_written_back(
            query in prop::collection::vec(("query|field|page|over|from|to", ".{0,12}"), 0..6),
        ) {
            if let Ok(search) = Search::parse(&query, now()) {
                let link = search.link("");
                prop_assert_eq!(read(link.trim_start_matches('?')).unwrap(), search);
            }
        }
    }
}
