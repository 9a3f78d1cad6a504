//! Reads what people ask about events, for all front ends.

use super::cursor::EventsCursor;
use crate::instant::instant;
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::event::{EventFilter, Field, FilterError, MAX_FIELD_NAME_BYTES};
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{EventKey, EventQuery, Order};

/// How long before its end a range of events begins, unless the question says.
pub const DEFAULT_EVENTS_RANGE: Duration = Duration::from_secs(60 * 60);
/// Events on a page, unless the question says.
pub const DEFAULT_EVENTS: usize = 100;
/// Most events on a page.
pub const MAX_EVENTS: usize = 1_000;
/// Times relative to now are rounded up to such a step, so that all who ask the same within one share one answer.
pub const NOW_STEP: Duration = Duration::from_secs(2);
/// Longest path of a field, in bytes.
pub const MAX_FIELD_BYTES: usize = MAX_FIELD_NAME_BYTES;

/// Queries a page of events.
#[derive(Clone, Debug, PartialEq)]
pub struct EventsQuestion {
    /// Which events.
    pub query: EventQuery,
    /// In which order.
    pub order: Order,
    /// Where the previous page ended; `None` for the first page.
    pub after: Option<EventKey>,
    /// Maximum number of events on the page, at most [`MAX_EVENTS`].
    pub limit: usize,
}

impl EventsQuestion {
    /// A page that continues at `cursor`, if there is one: then it is about the range of the first page.
    ///
    /// # Errors
    /// When the cursor is of pages in another order.
    pub fn new(
        mut query: EventQuery,
        order: Order,
        cursor: Option<EventsCursor>,
        limit: usize,
    ) -> Result<Self, Violation> {
        let Some(cursor) = cursor else { return Ok(Self { query, order, after: None, limit }) };
        if cursor.order != order {
            return Err(Violation::new(
                "after",
                "is of pages in another order: repeat the order of the first page",
            ));
        }
        query.time = cursor.time;
        Ok(Self { query, order, after: Some(cursor.after), limit })
    }
}

/// Reads a query and its range.
///
/// # Errors
/// Names `query`, `from` or `to`, and says what is wrong there.
pub fn events_query(
    query: &str,
    from: Option<&str>,
    to: Option<&str>,
    now: Timestamp,
) -> Result<EventQuery, Violation> {
    Ok(EventQuery { filter: event_filter(query)?, time: events_range(from, to, now)? })
}

/// Reads a query without a range.
///
/// # Errors
/// Names `query`, and says where it is wrong.
pub fn event_filter(query: &str) -> Result<EventFilter, Violation> {
    query.parse().map_err(|error| of_query(query, &error))
}

/// Reads a range of time: RFC 3339 times, or durations before `now`; the last hour before `to`, or before now.
///
/// # Errors
/// Names `from` or `to`.
pub fn events_range(
    from: Option<&str>,
    to: Option<&str>,
    now: Timestamp,
) -> Result<Range<Timestamp>, Violation> {
    let rounded = round_up(now);
    let time = |field, text: Option<&str>| text.map(|text| instant(field, text, rounded)).transpose();
    range_of(time("from", from)?, time("to", to)?, now)
}

/// A range of time: the last hour before `to`, or before now, unless it is given.
///
/// # Errors
/// When it does not begin before its end.
pub fn range_of(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Result<Range<Timestamp>, Violation> {
    let end = to.unwrap_or_else(|| round_up(now));
    let start = from.unwrap_or_else(|| end.minus(DEFAULT_EVENTS_RANGE));
    if start >= end {
        return Err(Violation::new("from", "must be before to"));
    }
    Ok(start..end)
}

fn round_up(now: Timestamp) -> Timestamp {
    now.window_start(NOW_STEP).plus(NOW_STEP)
}

/// Reads `newest` or `oldest`.
///
/// # Errors
/// Names `order`.
pub fn events_order(text: &str) -> Result<Order, Violation> {
    match text {
        "newest" => Ok(Order::NewestFirst),
        "oldest" => Ok(Order::OldestFirst),
        _ => Err(Violation::new("order", format!("must be newest or oldest, is {text:?}"))),
    }
}

/// Reads the name of a field.
///
/// # Errors
/// Names `field`.
pub fn event_field(text: &str) -> Result<Field, Violation> {
    if text.is_empty() || text.len() > MAX_FIELD_BYTES {
        let reason = format!("must have 1 to {MAX_FIELD_BYTES} bytes, has {}", text.len());
        return Err(Violation::new("field", reason));
    }
    Ok(Field::named(text))
}

/// Says where in the query it is wrong, as people count.
fn of_query(query: &str, FilterError { reason, at }: &FilterError) -> Violation {
    let before = query.get(..*at).unwrap_or(query);
    Violation::new("query", format!("{reason}, at character {}", before.chars().count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-29T10:00:01Z";

    fn range(from: Option<&str>, to: Option<&str>) -> Result<(String, String), String> {
        let range = events_range(from, to, NOW.parse().unwrap());
        range
            .map(|range| (range.start.to_string(), range.end.to_string()))
            .map_err(|violation| violation.to_string())
    }

    fn times(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn a_range_is_the_last_hour_unless_the_question_says() {
        assert_eq!(range(None, None), Ok(times("2026-11-29T09:00:02Z", "2026-11-29T10:00:02Z")));
        assert_eq!(range(Some("1d"), None), Ok(times("2026-11-28T10:00:02Z", "2026-11-29T10:00:02Z")));
        assert_eq!(
            range(None, Some("2026-11-20T10:00:00Z")),
            Ok(times("2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"))
        );
        assert_eq!(range(Some("1h"), Some("2h")), Err("from: must be before to".to_owned()));
        assert!(range(Some("yesterday"), None).unwrap_err().starts_with("from: must be an RFC 3339 time"));
    }

    #[test]
    fn all_who_ask_within_one_step_ask_for_the_same_range() {
        let at = |text: &str| events_range(Some("1h"), None, text.parse().unwrap());
        assert_eq!(at("2026-11-29T10:00:00Z"), at("2026-11-29T10:00:01.999999Z"));
        assert_ne!(at("2026-11-29T10:00:00Z"), at("2026-11-29T10:00:02Z"));
    }

    #[test]
    fn a_page_that_continues_keeps_the_range_and_the_order_of_the_first() {
        let query = |from| events_query("", Some(from), None, NOW.parse().unwrap()).unwrap();
        let first = query("1h");
        let after = EventKey { occurred_at: first.time.start, id: watchkeeper_domain::EventId::given("a") };
        let cursor = || Some(EventsCursor { time: first.time.clone(), order: Order::OldestFirst, after });
        let next = EventsQuestion::new(query("2h"), Order::OldestFirst, cursor(), 7).unwrap();
        assert_eq!((next.query.time, next.after, next.limit), (first.time.clone(), Some(after), 7));
        let refused = EventsQuestion::new(query("1h"), Order::NewestFirst, cursor(), 7).unwrap_err();
        assert_eq!(refused.field, "after");
    }

    #[test]
    fn a_wrong_query_is_refused_with_the_place() {
        let refused = events_query("käse (", None, None, NOW.parse().unwrap()).unwrap_err().to_string();
        assert!(refused.starts_with("query: ") && refused.contains(", at character "), "{refused}");
        assert_eq!(
            of_query("käse (", &FilterError { reason: "`(` is not closed".into(), at: 6 }).to_string(),
            "query: `(` is not closed, at character 6"
        );
    }

    #[test]
    fn a_name_of_a_field_is_taken_up_to_the_limit() {
        assert_eq!(event_field("service"), Ok(Field::Service));
        assert_eq!(event_field("a.b"), Ok(Field::Other("a.b".into())));
        assert!(event_field(&"x".repeat(MAX_FIELD_BYTES)).is_ok());
        assert_eq!(
            event_field(&"x".repeat(MAX_FIELD_BYTES + 1)).unwrap_err().to_string(),
            "field: must have 1 to 256 bytes, has 257"
        );
        assert!(event_field("").is_err());
    }
}
