//! What a service, a device or a host said at one instant.

mod clean;
mod count;
mod draft;
mod filter;
mod id;
mod level;
mod message_pattern;

pub use clean::{CHANGED, CUT, Cleaned, clean_text};
pub use count::{Count, CountKey, EVENTS};
pub use draft::{
    Draft, HOST_NAMES, ID_NAME, LEVEL_NAMES, MESSAGE_NAMES, NO_TIME, SERVICE_NAMES, TIME_NAMES,
    time_of_number, time_of_text,
};
pub use filter::{
    Comparison, Condition, EventFilter, Field, FilterError, MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_TERMS,
    Operand, Pattern, Test,
};
pub use id::{EventId, EventIdError, EventIds, MAX_GIVEN_ID_BYTES};
pub use level::{Level, UnknownLevel};
pub use message_pattern::{MAX_PATTERN_BYTES, MessagePattern};

use crate::limits::Violation;
use crate::{Timestamp, text};
use serde_json::Value;

/// Longest `message`, in bytes; a longer one is cut.
pub const MAX_MESSAGE_BYTES: usize = 256 << 10;
/// Longest `service` and `host`, in bytes, as of a host name (RFC 1035, 2.3.4); a longer one is cut.
pub const MAX_ORIGIN_BYTES: usize = 255;
/// Most fields of one event, at all depths together.
pub const MAX_FIELDS: usize = 256;
/// Longest name of a field, in bytes.
pub const MAX_FIELD_NAME_BYTES: usize = 256;
/// Most bytes of the names and texts of all fields together.
pub const MAX_FIELDS_BYTES: usize = 256 << 10;
/// How deep fields may be nested; what is deeper is kept as the text of its JSON.
pub const MAX_DEPTH: usize = 16;

/// The name of the field with the marks of an event.
pub const MARKS: &str = "@marks";
/// Most marks of one event.
pub const MAX_MARKS: usize = 16;

/// Names and JSON values.
pub type Fields = serde_json::Map<String, Value>;

/// What a service, a device or a host said at one instant.
///
/// [`Event::checked`] makes every event storable: whatever was sent, its texts have no NUL and no more bytes than
/// their limits, and what was changed for it is marked.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its identity: a second event with the same id is a duplicate, and only the first is kept.
    pub id: EventId,
    /// When it happened, by the clock of its origin; when it arrived, if it has no time.
    pub occurred_at: Timestamp,
    /// How severe it is.
    pub level: Level,
    /// The service that said it; empty if unknown.
    pub service: String,
    /// The host that said it; empty if unknown.
    pub host: String,
    /// What it said; may have several lines, or be empty.
    pub message: String,
    /// Everything else that it said, and [`MARKS`].
    pub fields: Fields,
}

impl Event {
    /// Makes the event storable: replaces NUL, cuts texts that are too long, and turns fields that are nested too
    /// deeply into text; each leaves a mark, [`CHANGED`] or [`CUT`].
    ///
    /// # Errors
    /// Names the limit, when there are too many fields or they are too large: nobody could say which of them may
    /// be left out.
    pub fn checked(self) -> Result<Self, Violation> {
        clean::clean(self)
    }

    /// Adds a mark, unless the event has it, or [`MAX_MARKS`] of them.
    pub fn mark(&mut self, mark: &str) {
        let marks = self.fields.entry(MARKS).or_insert_with(|| Value::Array(Vec::new()));
        if !marks.is_array() {
            *marks = Value::Array(vec![marks.take()]);
        }
        if let Value::Array(marks) = marks
            && marks.len() < MAX_MARKS
            && !marks.iter().any(|known| known == mark)
        {
            marks.push(mark.into());
        }
    }

    /// Its marks: what was changed to store it, and which steps failed.
    pub fn marks(&self) -> impl Iterator<Item = &str> {
        let marks = self.fields.get(MARKS).and_then(Value::as_array);
        marks.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The first line of the message, safe to show.
    pub fn summary(&self) -> std::borrow::Cow<'_, str> {
        text::line(self.message.lines().next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            id: EventId::given("a"),
            occurred_at: Timestamp::MIN,
            level: Level::Info,
            service: "shop".into(),
            host: String::new(),
            message: "one\ntwo".into(),
            fields: Fields::new(),
        }
    }

    #[test]
    fn a_mark_is_there_once_and_marks_are_limited() {
        let mut event = event();
        event.mark("parse");
        event.mark("parse");
        assert_eq!(event.marks().collect::<Vec<_>>(), ["parse"]);
        (0..2 * MAX_MARKS).for_each(|number| event.mark(&format!("m{number}")));
        assert_eq!(event.marks().count(), MAX_MARKS);
    }

    #[test]
    fn a_field_of_the_sender_in_place_of_the_marks_stays_beside_them() {
        let mut event = event();
        event.fields.insert(MARKS.into(), 7.into());
        event.mark("parse");
        assert_eq!(event.fields[MARKS], serde_json::json!([7, "parse"]));
    }

    #[test]
    fn the_summary_is_the_first_line() {
        assert_eq!(event().summary(), "one");
    }
}
