//! The page of one event.

use super::Part;
use super::event_row::{EventRow, level_text, origin};
use super::events_page::SamplesLink;
use super::shell::Shell;
use crate::events::{Search, Terms, Tone, equals, explained, leaves, opposite};
use crate::explore::{Range, Span};
use crate::format::{ago, cut, instant};
use crate::gather::EventFound;
use askama::Template;
use std::time::Duration;
use watchkeeper_domain::event::Field;
use watchkeeper_domain::{Event, Timestamp};
use watchkeeper_query::Around;

/// How far before and after an event links search that lead away from it.
const AROUND: Duration = Duration::from_secs(15 * 60);
/// Longest text of the title, in characters.
const TITLE_CHARS: usize = 60;
/// Longest value in a term: a query has a limit, and other fields want a place in it, too.
const MAX_TERM_BYTES: usize = 500;

/// The page at `/events/ID`.
#[derive(Template)]
#[template(path = "event.html", whitespace = "minimize")]
pub(crate) struct EventView {
    shell: Shell,
    /// Where the reader came from.
    back: String,
    has_search: bool,
    id: String,
    permanent: String,
    json: String,
    class: &'static str,
    level: &'static str,
    origin: String,
    /// The beginning of the message.
    summary: String,
    at: String,
    time: String,
    ago: String,
    message: String,
    marks: Vec<Mark>,
    fields: Vec<FieldRow>,
    around: Part<Vec<EventRow>>,
    is_partial: bool,
    /// The search for events of the same service and host at that time.
    neighbours: String,
    samples: Option<SamplesLink>,
}

struct Mark {
    name: String,
    text: String,
}

struct FieldRow {
    name: String,
    value: String,
    /// The term: `status=500`.
    term: String,
    /// The search with it, and with its opposite.
    with: Option<String>,
    without: Option<String>,
}

impl EventView {
    /// The page at the instant `now`, whose links add to `search`.
    pub(crate) fn new(shell: Shell, search: &Search, found: &EventFound, now: Timestamp) -> Self {
        let Around { before, event, after, is_partial } = &found.around;
        let search = &around(search, event, now);
        let row = |one: &Event| EventRow { is_chosen: one.id == event.id, ..EventRow::new(one, search) };
        let all = before.iter().chain([event]).chain(after);
        let beside = Span { from: event.occurred_at.minus(AROUND), to: event.occurred_at.plus(AROUND) };
        let beside = Range { between: Some(beside), ..Range::default() };
        let summary = event.summary();
        Self {
            back: search.link("/events"),
            has_search: !search.query.is_empty(),
            permanent: format!("/events/{}", event.id),
            json: format!("/v1/events/{}", event.id),
            id: event.id.to_string(),
            class: Tone::of(event.level).class(),
            level: level_text(event),
            origin: origin(event),
            summary: if summary.is_empty() { "Event".to_owned() } else { cut(&summary, TITLE_CHARS) },
            at: event.occurred_at.to_string(),
            time: instant(event.occurred_at),
            ago: ago(event.occurred_at, now),
            message: event.message.clone(),
            marks: event
                .marks()
                .map(|mark| Mark { name: mark.to_owned(), text: explained(mark).into_owned() })
                .collect(),
            fields: fields(event, search),
            around: Ok(all.map(row).collect()),
            is_partial: *is_partial,
            neighbours: Search { range: beside, ..Search::of(same_origin(event)) }.link("/events"),
            samples: found.samples.as_ref().map(|samples| SamplesLink::new(samples, beside)),
            shell,
        }
    }
}

/// The search, over a range that has the event.
fn around(search: &Search, event: &Event, now: Timestamp) -> Search {
    let at = event.occurred_at;
    let Span { from, to } = search.span(now);
    if from <= at && at < to {
        return search.clone();
    }
    search.with_range(Range {
        between: Some(Span { from: at.minus(AROUND), to: at.plus(AROUND) }),
        ..search.range
    })
}

fn same_origin(event: &Event) -> String {
    let parts = [(Field::Service, &event.service), (Field::Host, &event.host)];
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
    parts.fold(Terms::default(), |terms, (field, value)| terms.with(equals(field, value))).query()
}

/// Service, host and level, and all of its own fields.
fn fields(event: &Event, search: &Search) -> Vec<FieldRow> {
    // A query that is not understood is left.
    let terms = search.filter().map(|filter| Terms::of(&filter)).unwrap_or_default();
    let parts = [
        (Field::Service, event.service.as_str()),
        (Field::Host, event.host.as_str()),
        (Field::Level, level_text(event)),
    ];
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
    let parts = parts.map(|(field, value)| FieldRow::new(&field, value, true, search, &terms));
    let own = leaves(&event.fields)
        .into_iter()
        .map(|leaf| FieldRow::new(&Field::Other(leaf.path), &leaf.value, leaf.is_value, search, &terms));
    parts.chain(own).collect()
}

impl FieldRow {
    fn new(field: &Field, value: &str, is_value: bool, search: &Search, terms: &Terms) -> Self {
        let term = equals(field.clone(), value);
        let can_search = is_value && value.len() <= MAX_TERM_BYTES;
        let link = |terms: Terms| search.with_query(terms.query()).link("/events");
        Self {
            name: field.to_string(),
            value: value.to_owned(),
            with: can_search.then(|| link(terms.with(term.clone()))),
            without: can_search.then(|| link(terms.with(opposite(&term)))),
            term: if can_search { term.to_string() } else { String::new() },
        }
    }
}
