//! `/events`, the page of one event, and what may be typed next.

use super::question::problem;
use super::{Console, render};
use crate::events::{Search, Terms, equals, zone_of};
use crate::explore::Given;
use crate::gather::{complete_event, find_events, one_event};
use crate::page::{EventView, EventsView};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use watchkeeper_domain::event::{Condition, Field, Test};
use watchkeeper_domain::{EventId, Timestamp};
use watchkeeper_runtime::http::{Checked, Problem, RETRY_UNAVAILABLE};

type Pairs = Checked<Query<Vec<(String, String)>>>;

pub(super) async fn page(
    State(console): State<Console>,
    Checked(Query(query)): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let search = Search::parse(&query, now).map_err(problem)?;
    // A form sends its empty fields, and blanks: such an address is not one to keep or to send to others.
    if query.iter().any(|(_, value)| value.is_empty() || value.trim() != value) {
        return Ok(Redirect::to(&search.link("/events")).into_response());
    }
    let shell = console.shell("/events", &headers, now);
    let found = match search.filter() {
        Ok(filter) => {
            let found = find_events(&console.sources, &search, filter.clone(), zone_of(&headers), now).await;
            Ok((filter, found))
        }
        Err(error) => Err(error),
    };
    render(&EventsView::new(shell, &search, found, now))
}

pub(super) async fn event_page(
    State(console): State<Console>,
    Path(id): Path<String>,
    Checked(Query(query)): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let search = Search::parse(&query, now).map_err(problem)?;
    let id: EventId = id.parse().map_err(|error: watchkeeper_domain::event::EventIdError| {
        Problem::bad_request("id", error.to_string())
    })?;
    let found = one_event(&console.sources, id).await;
    let found = found.map_err(|reason| Problem::unavailable(reason.to_string(), RETRY_UNAVAILABLE))?;
    let found = found.ok_or_else(|| Problem::not_found("event with that id"))?;
    render(&EventView::new(console.shell("/events", &headers, now), &search, &found, now))
}

/// What may be typed next.
#[derive(Serialize)]
struct Word {
    /// What is shown.
    shown: String,
    /// What stands in the query, quoted if it must be.
    text: String,
}

/// What the name of a field may become whose text is `text`, or a value of `field`: a JSON array of words. `query` is
/// what is searched beside it.
pub(super) async fn completions(
    State(console): State<Console>,
    Checked(Query(parameters)): Pairs,
) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let search = Search::parse(&parameters, now).map_err(problem)?;
    // What is being typed beside it need not be a query yet.
    let filter = search.filter().unwrap_or_default();
    let text = Given(&parameters).one("text").unwrap_or_default();
    let field = search.field.as_deref().map(Field::named);
    match complete_event(&console.sources, &search, filter, (field.clone(), text), now).await {
        Ok(words) => {
            let words =
                words.into_iter().map(|word| Word { text: in_query(field.as_ref(), &word), shown: word });
            Ok(Json(words.collect::<Vec<_>>()).into_response())
        }
        Err(reason) => Err(Problem::unavailable(reason.to_string(), RETRY_UNAVAILABLE)),
    }
}

/// The term of a value, or the beginning of one with the name of a field.
fn in_query(field: Option<&Field>, word: &str) -> String {
    if let Some(field) = field {
        return Terms::default().with(equals(field.clone(), word)).query();
    }
    let is_there = Condition::Field(Field::named(word), Test::Exists);
    Terms::default().with(is_there).query().trim_end_matches('*').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_completed_is_quoted_where_the_query_needs_it() {
        assert_eq!(in_query(None, "status"), "status=");
        assert_eq!(in_query(None, "user agent"), "\"user agent\"=");
        assert_eq!(in_query(Some(&Field::Service), "shop"), "service=shop");
        assert_eq!(in_query(Some(&Field::named("path")), "/a b*"), "path=\"/a b*\"");
    }
}
