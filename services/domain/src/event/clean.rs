//! Makes events storable.

use super::{
    Event, Fields, MARKS, MAX_DEPTH, MAX_FIELD_NAME_BYTES, MAX_FIELDS, MAX_FIELDS_BYTES, MAX_MESSAGE_BYTES,
    MAX_ORIGIN_BYTES,
};
use crate::limits::Violation;
use crate::text;
use serde_json::Value;
use std::borrow::Cow;

/// The mark of an event with characters that cannot be stored: NUL became `␀`, and bytes that are not UTF-8 became
/// `U+FFFD`.
pub const CHANGED: &str = "changed";
/// The mark of an event that was too large: a text was cut, or deeply nested fields became text.
pub const CUT: &str = "cut";

/// The picture of NUL.
const NUL: &str = "\u{2400}";

/// Text from bytes, and whether it differs from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned<'a> {
    /// Text without NUL.
    pub text: Cow<'a, str>,
    /// Whether a byte was replaced.
    pub is_changed: bool,
}

/// Replaces what is not UTF-8 by U+FFFD, and NUL by `␀`: PostgreSQL stores neither.
#[must_use]
pub fn clean_text(bytes: &[u8]) -> Cleaned<'_> {
    let text = String::from_utf8_lossy(bytes);
    let is_lossy = matches!(text, Cow::Owned(_));
    if !text.contains('\0') {
        return Cleaned { text, is_changed: is_lossy };
    }
    Cleaned { text: Cow::Owned(text.replace('\0', NUL)), is_changed: true }
}

/// See [`Event::checked`].
pub(super) fn clean(mut event: Event) -> Result<Event, Violation> {
    let mut cleaning = Cleaning::default();
    cleaning.text(&mut event.service, MAX_ORIGIN_BYTES);
    cleaning.text(&mut event.host, MAX_ORIGIN_BYTES);
    cleaning.text(&mut event.message, MAX_MESSAGE_BYTES);
    cleaning.fields(&mut event.fields, 1)?;
    for (mark, is_due) in [(CHANGED, cleaning.is_changed), (CUT, cleaning.is_cut)] {
        if is_due {
            event.mark(mark);
        }
    }
    Ok(event)
}

#[derive(Default)]
struct Cleaning {
    is_changed: bool,
    is_cut: bool,
    fields: usize,
    bytes: usize,
}

impl Cleaning {
    fn text(&mut self, text: &mut String, most: usize) {
        if text.contains('\0') {
            *text = text.replace('\0', NUL);
            self.is_changed = true;
        }
        if text.len() > most {
            text.truncate(text::head(text, most).len());
            self.is_cut = true;
        }
    }

    fn fields(&mut self, fields: &mut Fields, depth: usize) -> Result<(), Violation> {
        for name in fields.keys() {
            if name.len() > MAX_FIELD_NAME_BYTES {
                let reason =
                    format!("a field's name has {} bytes, the limit is {MAX_FIELD_NAME_BYTES}", name.len());
                return Err(Violation::new("fields", reason));
            }
        }
        if fields.keys().any(|name| name.contains('\0')) {
            self.is_changed = true;
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(name, value)| (name.replace('\0', NUL), value))
                .collect();
        }
        for (name, value) in fields.iter_mut() {
            if depth == 1 && name == MARKS {
                continue;
            }
            self.count(name.len())?;
            self.value(value, depth)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &mut Value, depth: usize) -> Result<(), Violation> {
        if depth >= MAX_DEPTH && (value.is_object() || value.is_array()) {
            *value = Value::String(value.to_string());
            self.is_cut = true;
        }
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => {
                self.text(text, usize::MAX);
                self.add(text.len())?;
            }
            Value::Array(items) => {
                for item in items {
                    self.count(0)?;
                    self.value(item, depth + 1)?;
                }
            }
            Value::Object(fields) => self.fields(fields, depth + 1)?,
        }
        Ok(())
    }

    fn count(&mut self, name_bytes: usize) -> Result<(), Violation> {
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            return Err(Violation::new(
                "fields",
                format!("has more than {MAX_FIELDS} fields, which is the limit"),
            ));
        }
        self.add(name_bytes)
    }

    fn add(&mut self, bytes: usize) -> Result<(), Violation> {
        self.bytes += bytes;
        if self.bytes > MAX_FIELDS_BYTES {
            let reason = format!("have more than {MAX_FIELDS_BYTES} bytes, which is the limit");
            return Err(Violation::new("fields", reason));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventId, Level, Timestamp};
    use serde_json::json;

    fn with(message: &str, fields: Value) -> Result<Event, String> {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let event = Event {
            id: EventId::given("a"),
            occurred_at: Timestamp::MIN,
            level: Level::Unknown,
            service: String::new(),
            host: String::new(),
            message: message.to_owned(),
            fields,
        };
        event.checked().map_err(|violation| violation.to_string())
    }

    fn marks(event: &Event) -> Vec<&str> {
        event.marks().collect()
    }

    #[test]
    fn what_can_be_stored_stays_as_it_is() {
        let fields = json!({"status": 200, "ctx": {"user": ["käse", null, 1.5, true]}});
        let event = with("a\nb\u{1b}", fields.clone()).unwrap();
        assert_eq!((event.message.as_str(), Value::Object(event.fields.clone())), ("a\nb\u{1b}", fields));
        assert!(marks(&event).is_empty());
    }

    #[test]
    fn nul_is_shown_at_any_depth_and_marked() {
        let event = with("a\0b", json!({"a\0": {"b": ["c\0"]}})).unwrap();
        assert_eq!(event.message, "a␀b");
        assert_eq!(event.fields["a␀"], json!({"b": ["c␀"]}));
        assert_eq!(marks(&event), [CHANGED]);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_said() {
        let cleaned = clean_text(b"caf\xe9 closed\0");
        assert_eq!((&*cleaned.text, cleaned.is_changed), ("caf\u{fffd} closed␀", true));
        let cleaned = clean_text("käse".as_bytes());
        assert_eq!((&*cleaned.text, cleaned.is_changed), ("käse", false));
    }

    #[test]
    fn a_long_message_is_cut_after_a_whole_character_and_marked() {
        let longest = "x".repeat(MAX_MESSAGE_BYTES);
        assert!(marks(&with(&longest, json!({})).unwrap()).is_empty());
        let event = with(&("x".repeat(MAX_MESSAGE_BYTES - 1) + "é"), json!({})).unwrap();
        assert_eq!((event.message.len(), marks(&event)), (MAX_MESSAGE_BYTES - 1, vec![CUT]));
    }

    #[test]
    fn as_many_fields_as_the_limit_are_taken_and_one_more_is_refused() {
        let many = |count: usize| {
            Value::Object((0..count).map(|number| (format!("f{number}"), number.into())).collect())
        };
        assert!(with("", many(MAX_FIELDS)).is_ok());
        assert_eq!(
            with("", many(MAX_FIELDS + 1)).unwrap_err(),
            "fields: has more than 256 fields, which is the limit"
        );
        let items: Vec<_> = (0..MAX_FIELDS).collect();
        assert!(with("", json!({"a": items})).is_err(), "items count as fields");
    }

    #[test]
    fn fields_of_as_many_bytes_as_the_limit_are_taken_and_one_more_is_refused() {
        let of = |bytes: usize| with("", json!({"a": "x".repeat(bytes - 1)}));
        assert!(of(MAX_FIELDS_BYTES).is_ok());
        assert_eq!(
            of(MAX_FIELDS_BYTES + 1).unwrap_err(),
            "fields: have more than 262144 bytes, which is the limit"
        );
        let name = "n".repeat(MAX_FIELD_NAME_BYTES + 1);
        assert_eq!(
            with("", json!({name: 1})).unwrap_err(),
            "fields: a field's name has 257 bytes, the limit is 256"
        );
    }

    #[test]
    fn what_is_nested_too_deeply_becomes_text_and_is_marked() {
        let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!({"a": inner}));
        assert!(marks(&with("", nested(MAX_DEPTH)).unwrap()).is_empty());
        let event = with("", nested(MAX_DEPTH + 1)).unwrap();
        assert_eq!(marks(&event), [CUT]);
        let path = "/a".repeat(MAX_DEPTH);
        let fields = Value::Object(event.fields);
        assert_eq!(fields.pointer(&path), Some(&json!("{\"a\":1}")));
    }
}
