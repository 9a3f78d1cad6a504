//! Adds up what queries of events have seen, for stores that look at the events one by one.

use super::{FieldSeen, Top};
use serde_json::Value;
use std::collections::HashMap;
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, text};

/// Most bytes of the different values that [`EventQueries::top`](super::EventQueries::top) counts; values that come
/// after them count as others.
pub const MAX_VALUES_BYTES: usize = 32 << 20;
/// What a value takes beside its text.
const VALUE_OVERHEAD_BYTES: usize = 64;
/// Most different fields that [`EventQueries::fields`](super::EventQueries::fields) returns: those of the newest events.
pub const MAX_FIELDS_SEEN: usize = 1_000;
/// Longest example of a field's value, in bytes.
const EXAMPLE_BYTES: usize = 256;

/// Counts the values of a field.
#[derive(Debug)]
pub struct ValuesSeen {
    events: HashMap<String, u64>,
    bytes_left: usize,
    others: u64,
    without: u64,
}

impl Default for ValuesSeen {
    fn default() -> Self {
        Self { events: HashMap::new(), bytes_left: MAX_VALUES_BYTES, others: 0, without: 0 }
    }
}

impl ValuesSeen {
    /// Adds events that have `value`.
    pub fn add(&mut self, value: &str, events: u64) {
        if let Some(count) = self.events.get_mut(value) {
            *count += events;
            return;
        }
        match self.bytes_left.checked_sub(value.len() + VALUE_OVERHEAD_BYTES) {
            Some(left) => {
                self.bytes_left = left;
                self.events.insert(value.to_owned(), events);
            }
            None => self.others += events,
        }
    }

    /// Adds events without the field.
    pub const fn add_without(&mut self, events: u64) {
        self.without += events;
    }

    /// The `limit` most frequent values.
    pub fn top(self, limit: usize) -> Top {
        let mut values: Vec<_> = self.events.into_iter().collect();
        values.sort_by(|(a, a_events), (b, b_events)| b_events.cmp(a_events).then_with(|| a.cmp(b)));
        let others = self.others + values.iter().skip(limit).map(|(_, events)| events).sum::<u64>();
        values.truncate(limit);
        Top { values, others, without: self.without }
    }
}

/// Collects the fields of events, newest first.
#[derive(Debug, Default)]
pub struct FieldsSeen {
    fields: HashMap<String, Seen>,
    events: u64,
}

#[derive(Debug)]
struct Seen {
    events: u64,
    last_event: u64,
    example: String,
}

impl FieldsSeen {
    /// Adds an event.
    pub fn add(&mut self, event: &Event) {
        self.events += 1;
        self.add_fields("", &event.fields);
    }

    /// The fields, and of how many events they are.
    pub fn finish(self) -> (Vec<FieldSeen>, u64) {
        let field =
            |(name, seen): (String, Seen)| FieldSeen { name, events: seen.events, example: seen.example };
        let mut fields: Vec<_> = self.fields.into_iter().map(field).collect();
        fields.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
        (fields, self.events)
    }

    fn add_fields(&mut self, prefix: &str, fields: &Fields) {
        for (name, value) in fields {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            self.add_value(&path, value);
        }
    }

    /// Lists count with their items, and objects with their fields, as in a query.
    fn add_value(&mut self, path: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Array(items) => items.iter().for_each(|item| self.add_value(path, item)),
            Value::Object(fields) => self.add_fields(path, fields),
            Value::String(text) => self.note(path, || text::head(text, EXAMPLE_BYTES).to_owned()),
            Value::Bool(_) | Value::Number(_) => self.note(path, || value.to_string()),
        }
    }

    fn note(&mut self, path: &str, example: impl FnOnce() -> String) {
        let event = self.events;
        if let Some(seen) = self.fields.get_mut(path) {
            seen.events += u64::from(seen.last_event != event);
            seen.last_event = event;
        } else if self.fields.len() < MAX_FIELDS_SEEN {
            self.fields.insert(path.to_owned(), Seen { events: 1, last_event: event, example: example() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use watchkeeper_domain::{EventId, Level, Timestamp};

    fn event(fields: Value) -> Event {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        Event {
            id: EventId::given("a"),
            occurred_at: Timestamp::MIN,
            level: Level::Info,
            service: String::new(),
            host: String::new(),
            message: String::new(),
            fields,
        }
    }

    #[test]
    fn the_most_frequent_values_come_first_and_the_others_are_added_up() {
        let mut seen = ValuesSeen::default();
        for (value, events) in [("b", 2), ("c", 5), ("a", 2), ("d", 1)] {
            seen.add(value, events);
        }
        seen.add("b", 1);
        seen.add_without(4);
        let values = vec![("c".to_owned(), 5), ("b".to_owned(), 3)];
        assert_eq!(seen.top(2), Top { values, others: 3, without: 4 });
    }

    #[test]
    fn values_beyond_the_limit_of_memory_count_as_others() {
        let mut seen = ValuesSeen { bytes_left: 2 * (1 + VALUE_OVERHEAD_BYTES), ..ValuesSeen::default() };
        for value in ["a", "b", "c", "c", "a"] {
            seen.add(value, 1);
        }
        let values = vec![("a".to_owned(), 2), ("b".to_owned(), 1)];
        assert_eq!(seen.top(9), Top { values, others: 2, without: 0 });
    }

    #[test]
    fn a_field_is_named_as_in_a_query_and_counts_once_in_each_event() {
        let mut seen = FieldsSeen::default();
        seen.add(&event(json!({"ctx": {"user": {"id": 7}}, "tags": ["a", "b"], "none": null, "empty": {}})));
        seen.add(&event(json!({"ctx": [{"user": {"id": 8}}, {"user": {"id": 9}}], "ok": true})));
        let field = |name: &str, events, example: &str| FieldSeen {
            name: name.to_owned(),
            events,
            example: example.to_owned(),
        };
        let expected = vec![field("ctx.user.id", 2, "7"), field("ok", 1, "true"), field("tags", 1, "a")];
        assert_eq!(seen.finish(), (expected, 2));
    }

    #[test]
    fn an_example_is_cut_and_more_fields_than_the_limit_are_left_out() {
        let mut seen = FieldsSeen::default();
        seen.add(&event(json!({"a": "x".repeat(EXAMPLE_BYTES + 1)})));
        for number in 0..MAX_FIELDS_SEEN {
            seen.add(&event(json!({format!("f{number:05}"): 1})));
        }
        let (fields, events) = seen.finish();
        assert_eq!((fields.len(), events), (MAX_FIELDS_SEEN, MAX_FIELDS_SEEN as u64 + 1));
        assert_eq!(fields[0].example.len(), EXAMPLE_BYTES);
        assert_eq!(fields.last().unwrap().name, format!("f{:05}", MAX_FIELDS_SEEN - 2));
    }
}
