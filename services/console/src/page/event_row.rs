//! An event in a list.

use crate::events::{Folded, Search, Tone, leaves};
use crate::format::{cut, instant};
use watchkeeper_domain::Event;

/// Most fields of an event in a list.
const SHOWN_FIELDS: usize = 6;
/// Longest value of a field in a list, in characters.
const SHOWN_VALUE_CHARS: usize = 60;
/// Longest name of a field in a list, in characters.
const SHOWN_NAME_CHARS: usize = 40;
/// Longest name of a service or host in a list, in characters.
const SHOWN_ORIGIN_CHARS: usize = 60;

/// An event in a list.
pub(super) struct EventRow {
    pub(super) id: String,
    /// The CSS class of its level.
    pub(super) class: &'static str,
    /// Whether the page is about it.
    pub(super) is_chosen: bool,
    /// Its own page.
    pub(super) link: String,
    /// RFC 3339.
    pub(super) at: String,
    pub(super) time: String,
    pub(super) level: &'static str,
    pub(super) origin: String,
    pub(super) message: Folded,
    pub(super) fields: Vec<(String, String)>,
    pub(super) more_fields: usize,
}

impl EventRow {
    /// An event that `search` has found.
    pub(super) fn new(event: &Event, search: &Search) -> Self {
        let all = leaves(&event.fields);
        let fields = all.iter().take(SHOWN_FIELDS);
        let fields =
            fields.map(|leaf| (cut(&leaf.path, SHOWN_NAME_CHARS), cut(&leaf.value, SHOWN_VALUE_CHARS)));
        Self {
            id: event.id.to_string(),
            class: Tone::of(event.level).class(),
            is_chosen: false,
            link: event_link(event, search),
            at: event.occurred_at.to_string(),
            time: instant(event.occurred_at),
            level: level_text(event),
            origin: origin(event),
            message: Folded::new(&event.message),
            fields: fields.collect(),
            more_fields: all.len().saturating_sub(SHOWN_FIELDS),
        }
    }
}

/// The page of an event, from which the links lead back to `search`.
fn event_link(event: &Event, search: &Search) -> String {
    Search { field: None, page: None, ..search.clone() }.link(&format!("/events/{}", event.id))
}

/// The level; nothing if it is unknown.
pub(super) const fn level_text(event: &Event) -> &'static str {
    match event.level {
        watchkeeper_domain::Level::Unknown => "",
        level => level.name(),
    }
}

/// `shop@web-1`, as far as it is known.
pub(super) fn origin(event: &Event) -> String {
    let (service, host) = (cut(&event.service, SHOWN_ORIGIN_CHARS), cut(&event.host, SHOWN_ORIGIN_CHARS));
    if host.is_empty() { service } else { format!("{service}@{host}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value, json};
    use watchkeeper_domain::{EventId, Level, Timestamp};

    fn event(service: &str, host: &str, fields: Map<String, Value>) -> Event {
        Event {
            id: EventId::given("a"),
            occurred_at: Timestamp::MIN,
            level: Level::Unknown,
            service: service.into(),
            host: host.into(),
            message: String::new(),
            fields,
        }
    }

    #[test]
    fn an_origin_is_what_is_known_of_it() {
        let shown = [("shop", "web-1"), ("shop", ""), ("", "web-1"), ("", "")]
            .map(|(service, host)| origin(&event(service, host, Map::new())));
        assert_eq!(shown, ["shop@web-1", "shop", "@web-1", ""]);
    }

    #[test]
    fn an_event_without_a_message_shows_its_fields_up_to_a_limit() {
        let fields = (0..=SHOWN_FIELDS).map(|number| (format!("f{number}"), json!("x".repeat(100))));
        let row = EventRow::new(&event("", "", fields.collect()), &Search::default());
        assert_eq!((row.fields.len(), row.more_fields), (SHOWN_FIELDS, 1));
        assert_eq!(row.fields[0].1.chars().count(), SHOWN_VALUE_CHARS + 1);
        assert_eq!(row.level, "");
    }
}
