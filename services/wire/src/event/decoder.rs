//! Reads events.

use crate::{Decode, Decoded};
use serde::Deserialize;
use serde_json::Value;
use siphasher::sip::SipHasher13;
use std::borrow::Cow;
use std::hash::{Hash as _, Hasher as _};
use watchkeeper_domain::event::{CHANGED, Draft, Fields, clean_text};
use watchkeeper_domain::{Event, EventId, Timestamp, Violation};
use watchkeeper_ports::{Place, Record, Topic};

/// How a record that Watchkeeper has written begins.
const WRITTEN: &[u8] = b"{\"@id\":\"";

/// Decodes records of topic `events`.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventDecoder;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'r> {
    #[serde(rename = "@id")]
    id: &'r str,
    time: &'r str,
    level: &'r str,
    #[serde(borrow)]
    service: Cow<'r, str>,
    #[serde(borrow)]
    host: Cow<'r, str>,
    #[serde(borrow)]
    message: Cow<'r, str>,
    fields: Fields,
}

impl Decode for EventDecoder {
    type Item = Event;

    const TOPIC: Topic = Topic::EVENTS;
    const ITEMS: &'static str = "events";

    fn decode_record(&mut self, record: Record<'_>, place: Place<'_>) -> Result<Decoded<Event>, Violation> {
        let value = record.whole_value()?;
        if value.is_empty() {
            return Ok(Decoded::Tombstone);
        }
        if let Some(event) = read_written(value) {
            return event.checked().map(Decoded::Item);
        }
        arrived(read_event(value), place).map(Decoded::Item)
    }

    fn instant(event: &Event) -> Timestamp {
        event.occurred_at
    }
}

/// The event that another program has written as the record at `place`, which gives it an id and a time if it has none.
///
/// # Errors
/// As for [`Event::checked`].
pub fn arrived(draft: Draft, place: Place<'_>) -> Result<Event, Violation> {
    let arrived_at = if place.appended_at > Timestamp::MIN { place.appended_at } else { Timestamp::now() };
    draft.arrived(|| id_of(place), arrived_at)
}

/// The event of a record that Watchkeeper has written, unchecked; `None` if the record only looks like it.
pub fn read_written(value: &[u8]) -> Option<Event> {
    if !value.starts_with(WRITTEN) {
        return None;
    }
    let Written { id, time, level, service, host, message, fields } = serde_json::from_slice(value).ok()?;
    Some(Event {
        id: id.parse().ok()?,
        occurred_at: time.parse().ok()?,
        level: level.parse().ok()?,
        service: service.into_owned(),
        host: host.into_owned(),
        message: message.into_owned(),
        fields,
    })
}

/// What another program has written: a JSON object, or a line of text.
pub fn read_event(value: &[u8]) -> Draft {
    let cleaned = clean_text(value);
    let mut draft = match serde_json::from_str(&cleaned.text) {
        Ok(Value::Object(fields)) => Draft::of_object(fields),
        _ => Draft::of_line(cleaned.text.trim_end_matches(['\r', '\n'])),
    };
    if cleaned.is_changed {
        draft.marks.push(CHANGED);
    }
    draft
}

/// The id of a record without one: the same for ever.
fn id_of(place: Place<'_>) -> EventId {
    let mut hasher = SipHasher13::new();
    (place.topic_id, place.partition.partition).hash(&mut hasher);
    #[expect(clippy::cast_possible_truncation, reason = "32 bits tell partitions apart")]
    let partition = hasher.finish() as u32;
    EventId::of_record(place.appended_at, place.offset, partition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::push_event;
    use serde_json::json;
    use watchkeeper_domain::Level;
    use watchkeeper_ports::{BatchBuilder, TopicId, TopicPartition};

    fn decode_at(offset: u64, value: &[u8]) -> Decoded<Event> {
        let (topic_id, partition) = (TopicId::new("one"), TopicPartition::new(Topic::EVENTS, 3));
        let appended_at = "2026-11-29T10:00:05Z".parse().unwrap();
        let place = Place { topic_id: &topic_id, partition: &partition, offset, appended_at };
        EventDecoder.decode_record(Record { key: b"", value, headers: &[], incomplete: None }, place).unwrap()
    }

    fn decode(value: &[u8]) -> Event {
        decode_at(7, value).item().unwrap()
    }

    #[test]
    fn an_event_is_read_as_it_was_written_whatever_its_fields_are_called() {
        let fields = json!({"level": ["x"], "id": "a-1", "message": {"@id": 1}, "n": 1.5, "@marks": ["cut"]});
        let Value::Object(fields) = fields else { unreachable!() };
        let event = Event {
            id: EventId::given("a-1"),
            occurred_at: "2026-11-29T10:00:00.123456Z".parse().unwrap(),
            level: Level::Unknown,
            service: "shop \"1\"".into(),
            host: "web-1".into(),
            message: "one\ntwo \u{1f980}".into(),
            fields,
        };
        let mut batch = BatchBuilder::default();
        push_event(&mut batch, &event);
        let batch = batch.finish();
        assert_eq!(batch.get(0).key, b"web-1/shop \"1\"");
        assert_eq!(decode(batch.get(0).value), event);
    }

    #[test]
    fn an_object_of_another_program_is_read_by_the_usual_names() {
        let event = decode(br#"{"ts":1795946400,"lvl":"E","msg":"broken","service":"shop","status":500}"#);
        assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:00Z");
        assert_eq!(
            (event.level, event.message.as_str(), event.service.as_str()),
            (Level::Error, "broken", "shop")
        );
        assert_eq!(event.fields["status"], 500);
        let looks_alike = decode(br#"{"@id":"7","msg":"x"}"#);
        assert_eq!((looks_alike.message.as_str(), &looks_alike.fields["@id"]), ("x", &json!("7")));
    }

    #[test]
    fn anything_else_is_a_line_and_a_tombstone_is_nothing() {
        let event = decode(b"disk full\n");
        assert_eq!((event.message.as_str(), event.level), ("disk full", Level::Unknown));
        assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:05Z");
        assert_eq!(decode(b"[1,2]").message, "[1,2]");
        let event = decode(b"caf\xe9 closed");
        assert_eq!(event.message, "caf\u{fffd} closed");
        assert_eq!(event.marks().collect::<Vec<_>>(), [CHANGED]);
        assert_eq!(decode_at(7, b""), Decoded::Tombstone);
    }

    #[test]
    fn a_record_without_an_id_has_one_by_its_place() {
        let id = |offset| decode_at(offset, b"same").item().unwrap().id;
        assert_eq!(id(7), id(7));
        assert!(id(7) < id(8));
        let given = decode(br#"{"id":"a","msg":"x"}"#);
        assert_eq!(given.id, EventId::given("a"));
    }
}
