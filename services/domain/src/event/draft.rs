//! Events as they are sent.

use super::{Event, EventId, Fields, Level, MAX_GIVEN_ID_BYTES};
use crate::Timestamp;
use crate::limits::Violation;
use serde_json::Value;

/// The names under which the time of an event is sent, most specific first.
pub const TIME_NAMES: [&str; 4] = ["time", "timestamp", "ts", "@timestamp"];
/// The names of its level; `log.level` is that of the Elastic Common Schema.
pub const LEVEL_NAMES: [&str; 4] = ["level", "severity", "lvl", "log.level"];
/// The names of its message.
pub const MESSAGE_NAMES: [&str; 3] = ["message", "msg", "log"];
/// The names of its service.
pub const SERVICE_NAMES: [&str; 4] = ["service", "app", "logger", "service.name"];
/// The names of its host.
pub const HOST_NAMES: [&str; 3] = ["host", "hostname", "host.name"];
/// The name of its id.
pub const ID_NAME: &str = "id";

/// The mark of an event whose time could not be read: its field is kept.
pub const NO_TIME: &str = "time";

/// An event as it was sent: what is missing is filled in on arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// Its identity, if its producer gave one.
    pub id: Option<EventId>,
    /// When it happened, if that was sent.
    pub occurred_at: Option<Timestamp>,
    /// The nanoseconds of that within its microsecond, of a protocol whose clients send an event again without an id: it gets
    /// one that is made of its content.
    pub sent_again_at: Option<u16>,
    /// Its level.
    pub level: Level,
    /// Its service; may be empty.
    pub service: String,
    /// Its host; may be empty.
    pub host: String,
    /// Its message; may be empty.
    pub message: String,
    /// Everything else.
    pub fields: Fields,
    /// What was changed to read it.
    pub marks: Vec<&'static str>,
}

impl Draft {
    /// An event that is a line of text.
    pub fn of_line(line: impl Into<String>) -> Self {
        Self { message: line.into(), ..Self::default() }
    }

    /// An event that is a JSON object, with time, level, message, service, host and id under any of their usual
    /// names. What has no such meaning, or a value that makes no sense there, stays a field.
    pub fn of_object(fields: Fields) -> Self {
        let mut draft = Self { fields, ..Self::default() };
        draft.take_usual_names();
        draft
    }

    /// Moves what has a usual name out of the fields, unless the event has it already.
    pub fn take_usual_names(&mut self) {
        if self.occurred_at.is_none() {
            self.occurred_at = take(&mut self.fields, &TIME_NAMES, time);
            if self.occurred_at.is_none() && TIME_NAMES.iter().any(|name| self.fields.contains_key(*name)) {
                self.marks.push(NO_TIME);
            }
        }
        if self.level == Level::Unknown {
            self.level = take(&mut self.fields, &LEVEL_NAMES, level).unwrap_or_default();
        }
        for (part, names) in [
            (&mut self.message, &MESSAGE_NAMES[..]),
            (&mut self.service, &SERVICE_NAMES[..]),
            (&mut self.host, &HOST_NAMES[..]),
        ] {
            if part.is_empty() {
                *part = take(&mut self.fields, names, text).unwrap_or_default();
            }
        }
        if self.id.is_none() {
            self.id = self.fields.get(ID_NAME).and_then(given_id);
        }
    }

    /// The event; `id` and `arrived_at` are used where it has none.
    ///
    /// # Errors
    /// As for [`Event::checked`].
    pub fn arrived(self, id: impl FnOnce() -> EventId, arrived_at: Timestamp) -> Result<Event, Violation> {
        let Self { id: given, occurred_at, sent_again_at: _, level, service, host, message, fields, marks } =
            self;
        let mut event = Event {
            id: given.unwrap_or_else(id),
            occurred_at: occurred_at.unwrap_or(arrived_at),
            level,
            service,
            host,
            message,
            fields,
        };
        for mark in marks {
            event.mark(mark);
        }
        event.checked()
    }
}

/// Removes the first field of these names whose value makes sense.
fn take<T>(fields: &mut Fields, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    for name in names {
        if let Some(value) = fields.get(*name)
            && let Some(read) = read(value)
        {
            fields.remove(*name);
            return Some(read);
        }
    }
    None
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn level(value: &Value) -> Option<Level> {
    match value {
        Value::String(word) => Level::of_word(word),
        Value::Number(number) => number.as_u64().and_then(Level::of_number),
        _ => None,
    }
}

/// The id that a producer gave: a text or a whole number.
fn given_id(value: &Value) -> Option<EventId> {
    match value {
        Value::String(id) if (1..=MAX_GIVEN_ID_BYTES).contains(&id.len()) => Some(EventId::given(id)),
        Value::Number(id) if id.is_u64() || id.is_i64() => Some(EventId::given(&id.to_string())),
        _ => None,
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => time_of_text(text),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => time_of_integer(whole),
            None => number.as_f64().and_then(time_of_number),
        },
        _ => None,
    }
}

/// The time that a text means: RFC 3339, also with a blank in place of `T` and a comma before the fraction, or a
/// number as for [`time_of_number`].
pub fn time_of_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    if let Ok(whole) = text.parse() {
        return time_of_integer(whole);
    }
    if let Ok(number) = text.parse() {
        return time_of_number(number);
    }
    let (day, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix([' ', 'T', 't'])?;
    format!("{day}T{}", rest.replacen(',', ".", 1)).parse().ok()
}

/// From here on a number of seconds, milliseconds or microseconds is one of the next unit: the seconds reach the year
/// 5138, and the others begin in 1973.
const NEXT_UNIT_FROM: f64 = 1e11;

/// The time that a number means: seconds, milliseconds, microseconds or nanoseconds since 1970, by its size. Zero and
/// less mean no time.
pub fn time_of_number(number: f64) -> Option<Timestamp> {
    if !(number >= 1.0 && number.is_finite()) {
        return None;
    }
    let mut micros_per_unit = 1e6;
    let mut limit = NEXT_UNIT_FROM;
    while number >= limit && micros_per_unit > 1e-3 {
        micros_per_unit /= 1e3;
        limit *= 1e3;
    }
    let micros = number * micros_per_unit;
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range is no time")]
    (number < limit).then(|| Timestamp::from_micros(micros as i64)).flatten()
}

/// The same for a whole number, exactly.
fn time_of_integer(number: i64) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "the constant is whole")]
    let next_unit_from = NEXT_UNIT_FROM as i64;
    if number < 1 {
        return None;
    }
    let micros = match number {
        _ if number < next_unit_from => number.checked_mul(1_000_000)?,
        _ if number / 1_000 < next_unit_from => number.checked_mul(1_000)?,
        _ if number / 1_000_000 < next_unit_from => number,
        _ => number / 1_000,
    };
    Timestamp::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: Value) -> Draft {
        let Value::Object(fields) = value else { panic!("an object") };
        Draft::of_object(fields)
    }

    #[test]
    fn the_usual_names_are_understood_and_everything_else_is_kept() {
        let pino = of(
            json!({"level": 30, "time": 1_795_946_400_123_i64, "msg": "started", "pid": 7, "hostname": "web-1"}),
        );
        assert_eq!(
            (pino.level, pino.message.as_str(), pino.host.as_str()),
            (Level::Info, "started", "web-1")
        );
        assert_eq!(pino.occurred_at.unwrap().to_string(), "2026-11-29T10:00:00.123Z");
        assert_eq!(Value::Object(pino.fields), json!({"pid": 7}));
        let other = of(
            json!({"severity": "WARNING", "app": "shop", "log": "slow", "logger": "db", "ctx": {"a": [1]}}),
        );
        assert_eq!(
            (other.level, other.service.as_str(), other.message.as_str()),
            (Level::Warn, "shop", "slow")
        );
        assert_eq!(Value::Object(other.fields), json!({"logger": "db", "ctx": {"a": [1]}}));
    }

    #[test]
    fn a_value_that_makes_no_sense_stays_a_field() {
        let odd = of(json!({"level": ["x"], "message": {"a": 1}, "service": 7, "time": "soon"}));
        assert_eq!((odd.level, odd.message.as_str(), odd.service.as_str()), (Level::Unknown, "", ""));
        assert_eq!(odd.fields.len(), 4);
        assert_eq!((odd.occurred_at, odd.marks), (None, vec![NO_TIME]));
    }

    #[test]
    fn the_same_id_of_a_producer_is_the_same_identity() {
        assert_eq!(of(json!({"id": "a-1"})).id, Some(EventId::given("a-1")));
        assert_eq!(of(json!({"id": 7})).id, of(json!({"id": "7"})).id);
        assert_eq!(of(json!({"id": ""})).id, None);
        assert_eq!(of(json!({"id": "x".repeat(MAX_GIVEN_ID_BYTES + 1)})).id, None);
        assert_eq!(of(json!({"id": {"a": 1}})).id, None);
    }

    #[test]
    fn a_time_is_read_in_any_unit_and_never_lands_in_1970() {
        for time in [
            json!("2026-11-29T10:00:00Z"),
            json!("2026-11-29 10:00:00Z"),
            json!("2026-11-29T11:00:00,000+01:00"),
            json!(1_795_946_400),
            json!("1795946400"),
            json!(1_795_946_400.0),
            json!("1795946400.000"),
            json!(1_795_946_400_000_i64),
            json!(1_795_946_400_000_000_i64),
            json!(1_795_946_400_000_000_000_i64),
            json!("1795946400000000000"),
        ] {
            let at = of(json!({"ts": time.clone()})).occurred_at.map(|at| at.to_string());
            assert_eq!(at.as_deref(), Some("2026-11-29T10:00:00Z"), "{time}");
        }
        for time in
            [json!(0), json!(-1), json!(0.5), json!(""), json!(null), json!("2026-11-29"), json!(1e300)]
        {
            assert_eq!(of(json!({"ts": time.clone()})).occurred_at, None, "{time}");
        }
    }

    #[test]
    fn what_is_missing_is_filled_in_on_arrival() {
        let (id, now) = (EventId::given("x"), Timestamp::now());
        let event = Draft::of_line("hello").arrived(|| id, now).unwrap();
        assert_eq!((event.id, event.occurred_at, event.message.as_str()), (id, now, "hello"));
        let event = of(json!({"id": "a", "ts": 1_795_946_400})).arrived(|| id, now).unwrap();
        assert_eq!(event.id, EventId::given("a"));
        assert!(event.occurred_at < now);
        assert_eq!(
            of(json!({"ts": "soon"})).arrived(|| id, now).unwrap().marks().collect::<Vec<_>>(),
            [NO_TIME]
        );
    }
}
