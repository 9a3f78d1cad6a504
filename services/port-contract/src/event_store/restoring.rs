//! What was stored comes back exactly.

use super::{append, event, everything, in_order, with_fields};
use crate::Fixture;
use crate::samples::ODD_TEXT;
use serde_json::{Value, json};
use watchkeeper_domain::event::{Fields, MAX_DEPTH, MAX_FIELDS, MAX_MESSAGE_BYTES, MAX_ORIGIN_BYTES};
use watchkeeper_domain::{Event, EventId, Level, Timestamp};
use watchkeeper_ports::EventStore;

async fn come_back<F: Fixture<dyn EventStore>>(events: Vec<Event>) {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(append(&*store, events.clone()).await.stored, events.len() as u64);
    for (found, event) in everything(&*store).await.iter().zip(&in_order(events.clone())) {
        assert_eq!(found, event);
    }
    assert_eq!(everything(&*store).await.len(), events.len());
}

pub async fn an_event_comes_back_exactly<F: Fixture<dyn EventStore>>() {
    let fields = json!({
        "status": 503, "path": "/cart", "ok": false, "none": null, "tags": ["a", 1, null, ["b"], {"c": true}],
        "ctx": {"user": {"id": 7, "name": "käse"}, "empty": {}}, "list": [], "text": "", "@marks": ["cut"],
    });
    let mut events: Vec<_> =
        Level::ALL.into_iter().map(|level| Event { level, ..event(level.name(), 1) }).collect();
    events.push(with_fields(event("with fields", 2), fields));
    let nothing = Event {
        service: String::new(),
        host: String::new(),
        message: String::new(),
        level: Level::Unknown,
        ..event("nothing", 3)
    };
    events.push(nothing);
    events.push(Event { occurred_at: Timestamp::MIN, ..event("first", 0) });
    events.push(Event { occurred_at: Timestamp::from_micros(1).unwrap(), ..event("second", 0) });
    come_back::<F>(events).await;
}

pub async fn an_event_is_found_by_its_id<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let by_arrival = Event { id: EventId::of_record(Timestamp::MIN, 5, 1), ..event("b", 40 * 86_400) };
    let events = [with_fields(event("a", 0), json!({"status": 1})), by_arrival];
    append(&*store, events.clone()).await;
    for event in events {
        assert_eq!(store.event(event.id).await.unwrap(), Some(event));
    }
    for id in [EventId::given("c"), EventId::of_record(Timestamp::MIN, 5, 2)] {
        assert_eq!(store.event(id).await.unwrap(), None);
    }
}

/// Texts that are easily stored or quoted wrongly. None has a NUL: a checked event has none.
const HOSTILE: [&str; 12] = [
    ODD_TEXT,
    "'; DROP TABLE events; --",
    "\\u0000 \\x00 \\0 \\",
    "\u{1}\u{8}\u{b}\u{1f}\u{7f}\u{1b}[31mred\u{1b}[0m",
    "\u{202e}right to left\u{2066}",
    "\u{feff}BOM\u{fffd}\u{fffe}\u{ffff}",
    "𝄞👩‍👩‍👧‍👦\u{10ffff}",
    "{\"json\":[1,{\"a\":\"b\"}]}",
    "a\u{301} e\u{308}\u{328}",
    "%s %n %d ${HOME} {{7*7}} <script>",
    "\n\r\n\t ",
    "null",
];

pub async fn hostile_texts_come_back_exactly<F: Fixture<dyn EventStore>>() {
    let mut events = Vec::new();
    for (number, text) in HOSTILE.into_iter().enumerate() {
        let origin = watchkeeper_domain::text::head(text, MAX_ORIGIN_BYTES).to_owned();
        let fields = json!({ text: text, "list": [text, {text: text}] });
        let hostile = Event {
            service: origin.clone(),
            host: origin,
            message: text.to_owned(),
            ..with_fields(event(&format!("hostile {number}"), number as u64), fields)
        };
        assert_eq!(hostile.clone().checked().as_ref(), Ok(&hostile), "it may be stored as it is");
        events.push(hostile);
    }
    come_back::<F>(events).await;
}

pub async fn the_longest_message_and_the_deepest_fields_come_back_exactly<F: Fixture<dyn EventStore>>() {
    let mut random = crate::event_store::model::noise(MAX_MESSAGE_BYTES);
    random.truncate(watchkeeper_domain::text::head(&random, MAX_MESSAGE_BYTES).len());
    let deep = (0..MAX_DEPTH - 1).fold(json!(1), |inner, _| json!({"a": inner}));
    let many: Fields = (0..MAX_FIELDS).map(|number| (format!("f{number}"), Value::from(number))).collect();
    let events = vec![
        Event { message: "x".repeat(MAX_MESSAGE_BYTES), ..event("long", 0) },
        Event { message: random, ..event("noise", 1) },
        with_fields(event("deep", 2), json!({"a": deep})),
        Event { fields: many, ..event("many", 3) },
        Event {
            service: "s".repeat(MAX_ORIGIN_BYTES),
            host: "h".repeat(MAX_ORIGIN_BYTES),
            ..event("origin", 4)
        },
    ];
    for event in &events {
        assert_eq!(event.clone().checked().as_ref(), Ok(event), "it may be stored as it is");
    }
    come_back::<F>(events).await;
}

pub async fn numbers_of_any_size_come_back_exactly<F: Fixture<dyn EventStore>>() {
    let numbers = json!([
        0,
        -1,
        i64::MIN,
        i64::MAX,
        u64::MAX,
        0.5,
        -1.25,
        1e-7,
        5e-324,
        123_456_789.125,
        0.1,
        1e15,
        9_007_199_254_740_993_u64
    ]);
    come_back::<F>(vec![with_fields(event("numbers", 0), json!({"n": numbers, "f": 0.1 + 0.2}))]).await;
}
