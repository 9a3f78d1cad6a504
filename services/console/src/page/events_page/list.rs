//! The events that were found.

use super::super::event_row::EventRow;
use crate::events::Search;
use crate::links;
use watchkeeper_ports::{EventKey, Order};
use watchkeeper_query::{EventsCursor, EventsPage};

pub(super) struct EventsList {
    pub(super) title: &'static str,
    /// Newest first.
    pub(super) rows: Vec<EventRow>,
    pub(super) is_partial: bool,
    /// Where a partial search goes on.
    pub(super) onward: Option<String>,
    pub(super) newest: Option<String>,
    pub(super) newer: Option<String>,
    pub(super) older: Option<String>,
    /// The same page once more.
    pub(super) refresh: String,
    pub(super) json: String,
    pub(super) csv: String,
    /// The stream that the script follows.
    pub(super) stream: String,
    /// Whether to say how events are sent: there are none, and none was searched for.
    pub(super) shows_how: bool,
}

impl EventsList {
    pub(super) fn new(page: &EventsPage, search: &Search) -> Self {
        let link = |cursor: EventsCursor| search.at(cursor).link("/events");
        let onward = page.next.clone().map(link);
        let shown = search.page.as_ref().map_or(Order::NewestFirst, |cursor| cursor.order);
        // Back to where the reader came from: the events beyond the first or the last of these.
        let back = |order, event: Option<&watchkeeper_domain::Event>| {
            let time = search.page.as_ref()?.time.clone();
            Some(link(EventsCursor { time, order, after: EventKey::of(event?) }))
        };
        let (newer, older) = match shown {
            Order::NewestFirst => (back(Order::OldestFirst, page.events.first()), onward.clone()),
            Order::OldestFirst => (onward.clone(), back(Order::NewestFirst, page.events.last())),
        };
        Self {
            title: if search.page.is_none() { "Newest events" } else { "Events" },
            rows: page.events.iter().map(|event| EventRow::new(event, search)).collect(),
            is_partial: page.is_partial,
            onward,
            newest: search.page.is_some().then(|| Search { page: None, ..search.clone() }.link("/events")),
            newer,
            older,
            refresh: search.link("/events"),
            json: links::events_of_api(&search.query, search.range),
            csv: links::events_as_csv(&search.query, search.range),
            stream: links::event_stream(&search.query),
            shows_how: page.events.is_empty() && search.query.is_empty() && search.page.is_none(),
        }
    }
}
