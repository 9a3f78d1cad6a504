//! A page of events.

use super::cursor::EventsCursor;
use super::question::EventsQuestion;
use super::{Events, kept};
use serde_json::Value;
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, Timestamp};
use watchkeeper_ports::{EventKey, EventPage, PortError};

/// A page ends early when its events have so many bytes of text: few events can be very long.
pub const MAX_PAGE_BYTES: usize = 3 << 20;
/// Events read at first; how many more fit is known from these.
const FIRST: usize = 100;

/// A page of events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventsPage {
    /// The events.
    pub events: Vec<Event>,
    /// The cursor of the next page; `None` if no more events match.
    pub next: Option<EventsCursor>,
    /// Whether the search took too long: it continues at `next`, and the page may be empty.
    pub is_partial: bool,
}

impl Events {
    /// A page of events. It has fewer than asked for if they are very long ([`MAX_PAGE_BYTES`]).
    ///
    /// # Errors
    /// Those of [`EventQueries::events`](watchkeeper_ports::EventQueries::events).
    pub async fn find(&self, question: &EventsQuestion, now: Timestamp) -> Result<EventsPage, PortError> {
        let time = &question.query.time;
        let EventPage { events, next, is_partial } = if kept::is_past(time.end, now) {
            self.kept("page", question, time, now, self.search(question)).await?
        } else {
            self.search(question).await?
        };
        let cursor = |after| EventsCursor { time: time.clone(), order: question.order, after };
        Ok(EventsPage { events, next: next.map(cursor), is_partial })
    }

    /// Events from the store, as long as they fit on a page.
    pub(super) async fn search(&self, question: &EventsQuestion) -> Result<EventPage, PortError> {
        let EventsQuestion { query, order, after, limit } = question;
        let mut page = self.store.events(query, *order, *after, FIRST.min(*limit)).await?;
        loop {
            let (found, bytes) = (page.events.len(), page.events.iter().map(bytes_of).sum::<usize>());
            if bytes > MAX_PAGE_BYTES {
                return Ok(cut(page));
            }
            let left = (MAX_PAGE_BYTES - bytes) / (bytes / found.max(1)).max(1);
            let more = left.min(*limit - found);
            if page.next.is_none() || page.is_partial || more == 0 {
                return Ok(page);
            }
            let rest = self.store.events(query, *order, page.next, more).await?;
            page.events.extend(rest.events);
            (page.next, page.is_partial) = (rest.next, rest.is_partial);
        }
    }
}

/// The first events, at least one, that fit on a page.
fn cut(mut page: EventPage) -> EventPage {
    let mut bytes = 0;
    let fit = page.events.iter().take_while(|event| {
        bytes += bytes_of(event);
        bytes <= MAX_PAGE_BYTES
    });
    let fit = fit.count().max(1);
    if fit < page.events.len() {
        page.events.truncate(fit);
        page.next = page.events.last().map(EventKey::of);
        page.is_partial = false;
    }
    page
}

/// About how many bytes an event has as JSON.
fn bytes_of(event: &Event) -> usize {
    const NAMES: usize = 150;
    NAMES + event.message.len() + event.service.len() + event.host.len() + bytes_of_fields(&event.fields)
}

fn bytes_of_fields(fields: &Fields) -> usize {
    fields.iter().map(|(name, value)| name.len() + 6 + bytes_of_value(value)).sum()
}

fn bytes_of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| 1 + bytes_of_value(item)).sum(),
        Value::Object(fields) => bytes_of_fields(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Scripted, event, question};
    use super::*;

    #[tokio::test]
    async fn pages_that_continue_have_each_event_once_also_at_equal_times() {
        // Reports of equal times: 250 events of one instant, two of them alike, pages of 100.
        let store = Scripted::with((0..250).map(|number| event(5, &format!("line {}", number.min(248)))));
        let events = store.events();
        let (mut question, mut messages, mut sizes) = (question(100), Vec::new(), Vec::new());
        loop {
            let page = events.find(&question, question.query.time.end).await.unwrap();
            sizes.push(page.events.len());
            messages.extend(page.events.into_iter().map(|event| event.message));
            let Some(next) = page.next else { break };
            // What arrives meanwhile does not move the pages.
            store.add(event(50, "newer"));
            question = EventsQuestion::new(question.query, question.order, Some(next), 100).unwrap();
        }
        assert_eq!(sizes, [100, 100, 50]);
        let expected: Vec<_> = (0..250).rev().map(|number| format!("line {}", number.min(248))).collect();
        assert_eq!(messages, expected);
    }

    #[tokio::test]
    async fn a_page_of_very_long_events_ends_early_and_goes_on() {
        let long = "x".repeat(100_000);
        let store = Scripted::with((0..150).map(|number| event(number, &long)));
        let events = store.events();
        let page = events.find(&question(150), question(150).query.time.end).await.unwrap();
        assert_eq!(page.events.len(), 31);
        assert_eq!(page.next.map(|next| next.after), page.events.last().map(EventKey::of));
        let larger = Scripted::with([event(0, &"x".repeat(MAX_PAGE_BYTES + 1))]);
        assert_eq!(larger.events().find(&question(1), Timestamp::MIN).await.unwrap().events.len(), 1);
        let store = Scripted::with((0..1_000).map(|number| event(number, "short")));
        let page = store.events().find(&question(1_000), question(1).query.time.end).await.unwrap();
        assert_eq!((page.events.len(), page.next), (1_000, None));
        assert_eq!(store.calls(), 2);
    }

    #[tokio::test]
    async fn a_page_whose_search_took_too_long_says_so_and_can_be_continued() {
        let store = Scripted::with((0..10).map(|number| event(number, "line")));
        store.stop_after(3);
        let page = store.events().find(&question(10), question(1).query.time.end).await.unwrap();
        assert_eq!((page.events.len(), page.is_partial), (3, true));
        let next = EventsQuestion::new(question(1).query, question(1).order, page.next, 10).unwrap();
        store.stop_after(usize::MAX);
        let page = store.events().find(&next, next.query.time.end).await.unwrap();
        assert_eq!((page.events.len(), page.is_partial, page.next), (7, false, None));
    }
}
