//! Which values the fields of the events on a page have.

use super::leaves::{Leaf, leaves};
use std::collections::{BTreeMap, BTreeSet};
use watchkeeper_domain::Event;

/// Most fields that are summed up beside a list.
pub(crate) const MAX_HIT_FIELDS: usize = 6;
/// Most values of each.
const MAX_HIT_VALUES: usize = 5;
/// A field is summed up if its values repeat: this many times on average.
const LEAST_REPEATS: usize = 2;

/// A field of some events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HitField {
    /// Its name in a query.
    pub(crate) path: String,
    /// Its most frequent values and how many of the events have them.
    pub(crate) values: Vec<(String, u64)>,
    /// How many values there are beside them.
    pub(crate) more: usize,
}

/// The fields that tell groups of these events apart: those in most events first. A field whose values hardly repeat,
/// such as an id, is none.
pub(crate) fn fields_of_hits<'e>(events: impl IntoIterator<Item = &'e Event>) -> Vec<HitField> {
    let mut counted: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for event in events {
        let of_event: BTreeSet<(String, String)> = leaves(&event.fields)
            .into_iter()
            .filter(|leaf| leaf.is_value)
            .map(|Leaf { path, value, .. }| (path, value))
            .collect();
        for (path, value) in of_event {
            *counted.entry(path).or_default().entry(value).or_default() += 1;
        }
    }
    let mut fields: Vec<(u64, HitField)> = counted
        .into_iter()
        .map(|(path, values)| (values.values().sum(), path, values))
        .filter(|(events, _, values)| *events >= (LEAST_REPEATS * values.len()) as u64)
        .map(|(events, path, values)| (events, HitField::new(path, values)))
        .collect();
    fields.sort_by(|(one, _), (other, _)| other.cmp(one));
    fields.into_iter().take(MAX_HIT_FIELDS).map(|(_, field)| field).collect()
}

impl HitField {
    fn new(path: String, values: BTreeMap<String, u64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(|(_, one), (_, other)| other.cmp(one));
        let more = values.len().saturating_sub(MAX_HIT_VALUES);
        values.truncate(MAX_HIT_VALUES);
        Self { path, values, more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use watchkeeper_domain::{EventId, Level, Timestamp};

    fn event(fields: Value) -> Event {
        let Value::Object(fields) = fields else { unreachable!() };
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
    fn fields_whose_values_repeat_are_summed_up_and_ids_are_not() {
        let events = (0..6).map(|number| {
            event(json!({"status": if number < 4 { 200 } else { 500 }, "id": number, "tags": ["a", "a"]}))
        });
        let events: Vec<Event> = events.collect();
        let found = fields_of_hits(&events);
        let of = |path: &str, values: &[(&str, u64)]| HitField {
            path: path.to_owned(),
            values: values.iter().map(|(value, events)| ((*value).to_owned(), *events)).collect(),
            more: 0,
        };
        assert_eq!(found, [of("status", &[("200", 4), ("500", 2)]), of("tags", &[("a", 6)])]);
    }

    #[test]
    fn fields_and_values_are_limited() {
        let events = (0..2 * MAX_HIT_VALUES).flat_map(|value| {
            let fields: serde_json::Map<String, Value> =
                (0..=MAX_HIT_FIELDS).map(|field| (format!("f{field}"), json!(value))).collect();
            [event(Value::Object(fields.clone())), event(Value::Object(fields))]
        });
        let events: Vec<Event> = events.collect();
        let found = fields_of_hits(&events);
        assert_eq!(found.len(), MAX_HIT_FIELDS);
        assert!(
            found.iter().all(|field| field.values.len() == MAX_HIT_VALUES && field.more == MAX_HIT_VALUES)
        );
    }
}
