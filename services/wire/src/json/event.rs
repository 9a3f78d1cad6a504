//! Events.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use watchkeeper_domain::event::{Count, Fields};
use watchkeeper_domain::{Event, Level, Timestamp, Violation};

/// What a service, a device or a host said at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventJson {
    /// ID: a UUID.
    #[schema(example = "019adf3c-5d20-7000-8000-00003a5f1c2b")]
    pub id: String,
    /// When it happened.
    #[schema(example = "2026-11-29T10:00:00.123Z", format = DateTime)]
    pub time: String,
    /// Level: `trace`, `debug`, `info`, `notice`, `warn`, `error`, `critical`, `alert`, `emergency`, or `unknown`.
    #[schema(example = "warn")]
    pub level: String,
    /// The service that said it; empty if unknown.
    #[serde(default)]
    #[schema(example = "shop")]
    pub service: String,
    /// The host that said it; empty if unknown.
    #[serde(default)]
    #[schema(example = "web-1")]
    pub host: String,
    /// What it said; may have several lines, or be empty.
    #[serde(default)]
    #[schema(example = "timed out")]
    pub message: String,
    /// Everything else that it said, with its JSON types. `@marks` lists what was changed to store it, and which steps
    /// of processing failed.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, serde_json::Value>, example = json!({"status": 504, "path": "/cart"}))]
    pub fields: Fields,
}

/// A page of events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventList {
    /// The events.
    pub events: Vec<EventJson>,
    /// Where the next page continues, for `after`; omitted if no more events match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What is missing, if something is.
    #[serde(flatten)]
    pub partial: PartialJson,
}

/// Whether the search took too long, and what to do then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartialJson {
    /// Whether the search took too long, so that some of the range was not searched; omitted if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// How to narrow the query; omitted if the answer is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// An event with its neighbours of the same service and host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventAround {
    /// The event.
    pub event: EventJson,
    /// Those before it, oldest first; omitted if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<EventJson>,
    /// Those after it, oldest first; omitted if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<EventJson>,
    /// What is missing, if something is.
    #[serde(flatten)]
    pub partial: PartialJson,
}

/// How many events there were over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventHistogram {
    /// Start of the range, inclusive.
    #[schema(format = DateTime)]
    pub from: String,
    /// End of the range, exclusive.
    #[schema(format = DateTime)]
    pub to: String,
    /// Length of a bar in seconds, with the unit; bars at the ends, and where the clock is set, may be shorter or longer.
    #[schema(example = "300s")]
    pub step: String,
    /// The bars, oldest first, each up to the start of the next one; also those without events.
    pub bars: Vec<EventBar>,
    /// The sum of all bars.
    pub events: u64,
    /// Since when the bars are complete, if the search took too long; omitted otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub complete_since: Option<String>,
    /// What is missing, if something is.
    #[serde(flatten)]
    pub partial: PartialJson,
}

/// A bar of a histogram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventBar {
    /// Start.
    #[schema(example = "2026-11-29T10:00:00Z", format = DateTime)]
    pub from: String,
    /// How many events.
    pub events: u64,
    /// How many of each level that there were; omitted if there were none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"error": 3, "info": 120}))]
    pub levels: BTreeMap<String, u64>,
}

/// The most frequent values of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventTop {
    /// The field.
    #[schema(example = "status")]
    pub field: String,
    /// The values, most frequent first.
    pub values: Vec<EventValue>,
    /// Events with another value.
    pub others: u64,
    /// Events without the field.
    pub without: u64,
    /// Since when the numbers are complete, if the search took too long; omitted otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub complete_since: Option<String>,
    /// What is missing, if something is.
    #[serde(flatten)]
    pub partial: PartialJson,
}

/// Values of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventValueList {
    /// The values, most frequent first.
    pub values: Vec<EventValue>,
    /// What is missing, if something is.
    #[serde(flatten)]
    pub partial: PartialJson,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventValue {
    /// The value as text.
    #[schema(example = "504")]
    pub value: String,
    /// How many events have it.
    pub events: u64,
}

/// The fields of the newest matching events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventFieldList {
    /// The fields: those of most events first, then by name.
    pub fields: Vec<EventFieldJson>,
    /// How many events were looked at.
    pub of: u64,
}

/// A field of some events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventFieldJson {
    /// Its name as in a query.
    #[schema(example = "status")]
    pub name: String,
    /// How many of the events have it.
    pub events: u64,
    /// One of its values.
    #[schema(example = "504")]
    pub example: String,
}

/// Counts of events by minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventCountList {
    /// The counts: by minute, then by service, level and labels.
    pub counts: Vec<EventCountJson>,
}

/// The number of events of one minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventCountJson {
    /// The start of the minute.
    #[schema(example = "2026-11-29T10:00:00Z", format = DateTime)]
    pub minute: String,
    /// The service; empty if unknown.
    #[schema(example = "shop")]
    pub service: String,
    /// The level.
    #[schema(example = "error")]
    pub level: String,
    /// The values of the fields by which they are counted; omitted if there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How many there were.
    pub events: u64,
}

impl PartialJson {
    /// An answer that is complete, or `hint` says how to narrow the query.
    pub fn of(is_partial: bool, hint: &str) -> Self {
        Self { partial: is_partial, hint: is_partial.then(|| hint.to_owned()) }
    }
}

impl From<&Event> for EventJson {
    fn from(event: &Event) -> Self {
        event.clone().into()
    }
}

impl From<Event> for EventJson {
    fn from(Event { id, occurred_at, level, service, host, message, fields }: Event) -> Self {
        Self {
            id: id.to_string(),
            time: occurred_at.to_string(),
            level: level.name().to_owned(),
            service,
            host,
            message,
            fields,
        }
    }
}

impl TryFrom<EventJson> for Event {
    type Error = Violation;

    fn try_from(event: EventJson) -> Result<Self, Violation> {
        let EventJson { id, time, level, service, host, message, fields } = event;
        Ok(Self {
            id: id.parse().map_err(|error| Violation::new("id", format!("{error}")))?,
            occurred_at: time
                .parse::<Timestamp>()
                .map_err(|error| Violation::new("time", error.to_string()))?,
            level: level.parse::<Level>().map_err(|error| Violation::new("level", error.to_string()))?,
            service,
            host,
            message,
            fields,
        })
    }
}

impl EventBar {
    /// The bar that begins at `from`, with how many events there are by [`Level::number`].
    pub fn new(from: Timestamp, by_level: &[u64; Level::ALL.len()]) -> Self {
        let levels = Level::ALL.into_iter().zip(by_level).filter(|(_, events)| **events > 0);
        Self {
            from: from.to_string(),
            events: by_level.iter().sum(),
            levels: levels.map(|(level, events)| (level.name().to_owned(), *events)).collect(),
        }
    }
}

impl From<(String, u64)> for EventValue {
    fn from((value, events): (String, u64)) -> Self {
        Self { value, events }
    }
}

impl From<Count> for EventCountJson {
    fn from(Count { minute, key, events }: Count) -> Self {
        Self {
            minute: minute.to_string(),
            service: key.service,
            level: key.level.name().to_owned(),
            labels: key.labels,
            events,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use watchkeeper_domain::EventId;

    fn event() -> Event {
        let serde_json::Value::Object(fields) = json!({"status": 504, "ctx": {"user": [1, null]}}) else {
            unreachable!()
        };
        Event {
            id: EventId::from_u128(0x019a_df3c_5d20_7000_8000_0000_3a5f_1c2b),
            occurred_at: "2026-11-29T10:00:00.123Z".parse().unwrap(),
            level: Level::Warn,
            service: "shop".into(),
            host: String::new(),
            message: "timed\nout".into(),
            fields,
        }
    }

    #[test]
    fn an_event_reads_as_documented_and_is_read_without_loss() {
        let text = serde_json::to_string(&EventJson::from(event())).unwrap();
        let start = concat!(
            r#"{"id":"019adf3c-5d20-7000-8000-00003a5f1c2b","time":"2026-11-29T10:00:00.123Z","level":"warn","#,
            r#""service":"shop","host":"","message":"timed\nout","fields":{"#
        );
        assert!(text.starts_with(start), "{text}");
        let read: EventJson = serde_json::from_str(&text).unwrap();
        assert_eq!(Event::try_from(read), Ok(event()));
    }

    #[test]
    fn each_bad_part_of_an_event_is_named() {
        let refused = |change: fn(&mut EventJson)| {
            let mut event = EventJson::from(event());
            change(&mut event);
            Event::try_from(event).unwrap_err().field
        };
        assert_eq!(refused(|event| event.id = "7".into()), "id");
        assert_eq!(refused(|event| event.time = "today".into()), "time");
        assert_eq!(refused(|event| event.level = "loud".into()), "level");
    }

    #[test]
    fn a_page_says_that_it_is_partial_only_if_it_is() {
        let whole = EventList { partial: PartialJson::of(false, "narrow"), ..EventList::default() };
        assert_eq!(serde_json::to_string(&whole).unwrap(), r#"{"events":[]}"#);
        let partial = EventList { partial: PartialJson::of(true, "narrow"), next: Some("x".into()), ..whole };
        assert_eq!(
            serde_json::to_string(&partial).unwrap(),
            r#"{"events":[],"next":"x","partial":true,"hint":"narrow"}"#
        );
    }

    #[test]
    fn a_bar_has_the_levels_that_there_were() {
        let mut by_level = [0; Level::ALL.len()];
        by_level[usize::from(Level::Error.number())] = 3;
        let bar = EventBar::new(Timestamp::MIN, &by_level);
        assert_eq!(
            serde_json::to_value(bar).unwrap(),
            json!({"from": "1970-01-01T00:00:00Z", "events": 3, "levels": {"error": 3}})
        );
    }
}
