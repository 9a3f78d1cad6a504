//! Queries for events.

use super::{Question, duration, parameter};
use crate::http::given::Given;
use crate::question::{AROUND, BARS, PAGE_EVENTS, TOP_VALUES};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use utoipa::openapi::path::Parameter;
use watchkeeper_domain::event::Field;
use watchkeeper_domain::{EventFilter, Timestamp, Violation};
use watchkeeper_ports::{EventQuery, Order};
use watchkeeper_query::{
    Bars, EventsQuestion, MAX_COUNTS_RANGE, MAX_FIELD_BYTES, counts_range, event_field, event_filter,
    events_order, events_query, events_range, read_zone,
};

/// How many neighbours of an event.
pub(in crate::http) struct AroundQuestion {
    pub(in crate::http) neighbours: usize,
}

/// Events over time.
pub(in crate::http) struct HistogramQuestion {
    pub(in crate::http) query: EventQuery,
    pub(in crate::http) bars: Bars,
}

/// The most frequent values of a field.
pub(in crate::http) struct TopQuestion {
    pub(in crate::http) query: EventQuery,
    pub(in crate::http) field: Field,
    pub(in crate::http) limit: usize,
}

/// The most frequent values that begin with a prefix.
pub(in crate::http) struct ValuesQuestion {
    pub(in crate::http) top: TopQuestion,
    pub(in crate::http) prefix: String,
}

/// The fields whose names begin with a prefix.
pub(in crate::http) struct FieldsQuestion {
    pub(in crate::http) query: EventQuery,
    pub(in crate::http) prefix: String,
}

/// Counts by minute.
pub(in crate::http) struct CountsQuestion {
    /// The name of the count; `None` for that of all events.
    pub(in crate::http) name: Option<String>,
    pub(in crate::http) time: Range<Timestamp>,
}

/// Events to follow.
pub(in crate::http) struct FollowQuestion(pub(in crate::http) EventFilter);

/// Events to export.
pub(in crate::http) struct ExportQuestion {
    pub(in crate::http) question: EventsQuestion,
    pub(in crate::http) format: Format,
}

/// The format of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) enum Format {
    #[default]
    Ndjson,
    Csv,
}

impl Format {
    pub(in crate::http) const NAMES: [&'static str; 2] = ["ndjson", "csv"];
}

/// The text is no format.
pub(in crate::http) struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be ndjson or csv")
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        match name {
            "ndjson" => Ok(Self::Ndjson),
            "csv" => Ok(Self::Csv),
            _ => Err(UnknownFormat),
        }
    }
}

impl Question for EventsQuestion {
    fn parameters() -> Vec<Parameter> {
        let page = [
            parameter::order(),
            parameter::count("limit", "Maximum number of events on the page.", PAGE_EVENTS),
            parameter::after(),
        ];
        query_parameters().into_iter().chain(page).collect()
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        let (query, order) = (query(given, now)?, order(given)?);
        let limit = given.count("limit", PAGE_EVENTS)?;
        let cursor = given.take("after").map(|text| text.parse()).transpose()?;
        Self::new(query, order, cursor, limit)
    }
}

impl Question for AroundQuestion {
    fn parameters() -> Vec<Parameter> {
        let description = "Maximum number of neighbours before it, and after it; none if omitted.";
        vec![parameter::at_most("around", description, AROUND)]
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self { neighbours: given.count("around", AROUND)? })
    }
}

impl Question for HistogramQuestion {
    fn parameters() -> Vec<Parameter> {
        let bars = [
            parameter::bar_step(),
            parameter::count("bars", "Maximum number of bars, if `step` is omitted.", BARS),
            parameter::zone(),
        ];
        query_parameters().into_iter().chain(bars).collect()
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        let query = query(given, now)?;
        let zone = given.take("zone");
        let zone = read_zone(zone.as_deref().unwrap_or("UTC"))?;
        let (step, most) = (duration(given, "step")?, given.count("bars", BARS)?);
        let bars = match step {
            Some(step) => Bars::of_step(step, zone, &query.time)?,
            None => Bars::at_most(most, zone, &query.time),
        };
        Ok(Self { query, bars })
    }
}

impl Question for TopQuestion {
    fn parameters() -> Vec<Parameter> {
        let top =
            [parameter::field(MAX_FIELD_BYTES), parameter::count("limit", "Number of values.", TOP_VALUES)];
        query_parameters().into_iter().chain(top).collect()
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        let query = query(given, now)?;
        let field = given.take("field").map_or(Ok(Field::Service), |name| event_field(&name))?;
        Ok(Self { query, field, limit: given.count("limit", TOP_VALUES)? })
    }
}

impl Question for ValuesQuestion {
    fn parameters() -> Vec<Parameter> {
        TopQuestion::parameters().into_iter().chain([parameter::prefix("values", "sh")]).collect()
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        Ok(Self { top: TopQuestion::read(given, now)?, prefix: prefix(given)? })
    }
}

impl Question for FieldsQuestion {
    fn parameters() -> Vec<Parameter> {
        query_parameters().into_iter().chain([parameter::prefix("fields", "sta")]).collect()
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        Ok(Self { query: query(given, now)?, prefix: prefix(given)? })
    }
}

impl Question for CountsQuestion {
    fn parameters() -> Vec<Parameter> {
        vec![
            parameter::count_name(),
            parameter::instant(
                "from",
                "Only minutes that begin at or after this time; an hour before `to` if omitted.",
            ),
            parameter::instant(
                "to",
                "Only minutes that begin before this time, at most 24h after `from`; if omitted, now, or 24h after \
                 `from` if that is earlier.",
            ),
        ]
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        let (from, to) = (given.take("from"), given.take("to"));
        let mut time = events_range(from.as_deref(), to.as_deref(), now)?;
        if to.is_none() {
            time.end = time.end.min(time.start.plus(MAX_COUNTS_RANGE));
        }
        Ok(Self { name: given.take("name"), time: counts_range(time)? })
    }
}

impl Question for FollowQuestion {
    fn parameters() -> Vec<Parameter> {
        vec![parameter::event_query()]
    }

    fn read(given: &mut Given, _: Timestamp) -> Result<Self, Violation> {
        Ok(Self(event_filter(&given.take("query").unwrap_or_default())?))
    }
}

impl Question for ExportQuestion {
    fn parameters() -> Vec<Parameter> {
        let export = [parameter::order(), parameter::format("Format of the export.", Format::NAMES)];
        query_parameters().into_iter().chain(export).collect()
    }

    fn read(given: &mut Given, now: Timestamp) -> Result<Self, Violation> {
        let (query, order) = (query(given, now)?, order(given)?);
        let question = EventsQuestion::new(query, order, None, PAGE_EVENTS.most)?;
        Ok(Self { question, format: given.parsed("format")?.unwrap_or_default() })
    }
}

fn query_parameters() -> [Parameter; 3] {
    [
        parameter::event_query(),
        parameter::instant("from", "Start of the range, inclusive; an hour before `to` if omitted."),
        parameter::instant("to", "End of the range, exclusive; now if omitted."),
    ]
}

fn query(given: &mut Given, now: Timestamp) -> Result<EventQuery, Violation> {
    let (query, from, to) = (given.take("query"), given.take("from"), given.take("to"));
    events_query(query.as_deref().unwrap_or_default(), from.as_deref(), to.as_deref(), now)
}

fn order(given: &mut Given) -> Result<Order, Violation> {
    given.take("order").map_or(Ok(Order::default()), |name| events_order(&name))
}

fn prefix(given: &mut Given) -> Result<String, Violation> {
    let prefix = given.take("prefix").unwrap_or_default();
    if prefix.len() > MAX_FIELD_BYTES {
        let reason = format!("must have at most {MAX_FIELD_BYTES} bytes, has {}", prefix.len());
        return Err(Violation::new("prefix", reason));
    }
    Ok(prefix)
}
