//! Conversions of events.

use super::messages::{from_proto, to_proto};
use super::v1;
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, Level, Timestamp, Violation};

/// The two numbers are the same.
impl From<Level> for v1::Level {
    fn from(level: Level) -> Self {
        Self::try_from(i32::from(level.number())).unwrap_or_default()
    }
}

impl From<&Event> for v1::Event {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id.to_string(),
            time: Some(to_proto(event.occurred_at)),
            level: v1::Level::from(event.level).into(),
            service: event.service.clone(),
            host: event.host.clone(),
            message: event.message.clone(),
            fields_json: serde_json::to_string(&event.fields).unwrap_or_default(),
        }
    }
}

impl TryFrom<v1::Event> for Event {
    type Error = Violation;

    fn try_from(event: v1::Event) -> Result<Self, Violation> {
        let v1::Event { id, time, level, service, host, message, fields_json } = event;
        let number = u8::try_from(level).ok().and_then(Level::from_number);
        let fields: Fields = serde_json::from_str(&fields_json)
            .map_err(|error| Violation::new("fields_json", format!("must be a JSON object: {error}")))?;
        Ok(Self {
            id: id.parse().map_err(|error| Violation::new("id", format!("{error}")))?,
            occurred_at: from_proto("time", time.as_ref())?,
            level: number.ok_or_else(|| Violation::new("level", format!("has no value {level}")))?,
            service,
            host,
            message,
            fields,
        })
    }
}

impl v1::EventQuery {
    /// Start and end of the range, where they are given.
    ///
    /// # Errors
    /// Names `from` or `to`, if it is no time from 1970 to 9999.
    pub fn times(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), Violation> {
        let time = |field, at: &Option<prost_types::Timestamp>| match at {
            Some(at) => from_proto(field, Some(at)).map(Some),
            None => Ok(None),
        };
        Ok((time("query.from", &self.from)?, time("query.to", &self.to)?))
    }
}

impl v1::EventBar {
    /// The bar that begins at `from`, with how many events there are by [`Level::number`].
    pub fn new(from: Timestamp, by_level: &[u64; Level::ALL.len()]) -> Self {
        let levels = Level::ALL.into_iter().zip(by_level).filter(|(_, events)| **events > 0);
        let count = |(level, events): (Level, &u64)| v1::LevelCount {
            level: v1::Level::from(level).into(),
            events: *events,
        };
        Self { from: Some(to_proto(from)), levels: levels.map(count).collect() }
    }
}

/// A time for a message.
pub fn time_of(at: Timestamp) -> prost_types::Timestamp {
    to_proto(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use watchkeeper_domain::EventId;

    fn event() -> Event {
        let serde_json::Value::Object(fields) = json!({"n": u64::MAX, "ctx": {"user": [1, null]}}) else {
            unreachable!()
        };
        Event {
            id: EventId::given("a"),
            occurred_at: "2026-11-29T10:00:00.123456Z".parse().unwrap(),
            level: Level::Warn,
            service: "shop".into(),
            host: "web-1".into(),
            message: "timed\nout".into(),
            fields,
        }
    }

    #[test]
    fn an_event_is_read_as_it_was_sent_with_all_digits() {
        assert_eq!(Event::try_from(v1::Event::from(&event())), Ok(event()));
    }

    #[test]
    fn each_bad_part_of_an_event_is_named() {
        let refused = |change: fn(&mut v1::Event)| {
            let mut message = v1::Event::from(&event());
            change(&mut message);
            Event::try_from(message).unwrap_err().field
        };
        assert_eq!(refused(|event| event.id = "7".into()), "id");
        assert_eq!(refused(|event| event.time = None), "time");
        assert_eq!(refused(|event| event.level = 10), "level");
        assert_eq!(refused(|event| event.fields_json = "[]".into()), "fields_json");
    }

    #[test]
    fn every_level_has_its_name() {
        for level in Level::ALL.into_iter().skip(1) {
            let name = format!("LEVEL_{}", level.name().to_uppercase());
            assert_eq!(v1::Level::from_str_name(&name), Some(level.into()), "{name}");
        }
        assert_eq!(v1::Level::from(Level::Unknown), v1::Level::Unspecified);
    }
}
