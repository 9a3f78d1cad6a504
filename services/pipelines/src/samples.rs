//! Events of tests.

use serde_json::Value;
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, EventId, Level};

/// An event at 2026-11-29T10:00:00Z.
pub(crate) fn event(message: &str, fields: Value) -> Event {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    Event {
        id: EventId::given("a"),
        occurred_at: "2026-11-29T10:00:00Z".parse().unwrap(),
        level: Level::Unknown,
        service: String::new(),
        host: String::new(),
        message: message.to_owned(),
        fields,
    }
}

pub(crate) fn line(message: &str) -> Event {
    Event { fields: Fields::new(), ..event(message, serde_json::json!({})) }
}
