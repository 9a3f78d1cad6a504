//! Walks the entries of an index in order of time, without reading the events themselves.

use super::row::{id_bytes, id_of, level_of};
use crate::sqlite::{Error, timestamp};
use rusqlite::{Connection, Params};
use std::ops::{ControlFlow, Range};
use watchkeeper_domain::{Level, Timestamp};
use watchkeeper_ports::{EventKey, Order};

/// From this level on, events are in an index of their own.
pub(super) const SEVERE: Level = Level::Warn;

/// What an index says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) row: i64,
    pub(super) key: EventKey,
    pub(super) level: Level,
    pub(super) service: i64,
    pub(super) host: i64,
}

/// Which index is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// All events.
    Time,
    /// Those from [`SEVERE`] on.
    Severe,
    /// Those of the service with this number.
    Service(i64),
}

impl Path {
    fn sql(self, order: Order) -> String {
        let (index, condition) = match self {
            Self::Time => ("events_by_time", ""),
            Self::Severe => ("events_severe", "level >= 5 AND "),
            Self::Service(_) => ("events_by_service", "service = ?5 AND "),
        };
        let direction = match order {
            Order::NewestFirst => "DESC",
            Order::OldestFirst => "ASC",
        };
        format!(
            "SELECT row, at, id, level, service, host FROM events INDEXED BY {index}
             WHERE {condition}(at, id) > (?1, ?2) AND (at, id) < (?3, ?4)
             ORDER BY at {direction}, id {direction}"
        )
    }
}

/// The events between two places; neither place belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    from: (i64, [u8; 16]),
    to: (i64, [u8; 16]),
}

impl Span {
    /// The events of `time`, but only those that follow `after` in that order.
    pub(super) fn of(time: &Range<Timestamp>, order: Order, after: Option<EventKey>) -> Self {
        // Every id at `start` comes after the last one of the microsecond before, and every id at `end` after the
        // first one, or is it.
        let mut span =
            Self { from: (time.start.as_micros() - 1, [u8::MAX; 16]), to: (time.end.as_micros(), [0; 16]) };
        let place = |key: EventKey| (key.occurred_at.as_micros(), id_bytes(key.id));
        match (order, after.map(place)) {
            (Order::NewestFirst, Some(after)) => span.to = span.to.min(after),
            (Order::OldestFirst, Some(after)) => span.from = span.from.max(after),
            (_, None) => {}
        }
        span
    }
}

impl Span {
    /// That event alone; `None` if it is not in the span.
    pub(super) fn only(self, key: EventKey) -> Option<Self> {
        let (at, id) = (key.occurred_at.as_micros(), key.id.as_u128());
        if !(self.from < (at, id.to_be_bytes()) && (at, id.to_be_bytes()) < self.to) {
            return None;
        }
        let before = id.checked_sub(1).map_or((at - 1, u128::MAX), |id| (at, id));
        let after = id.checked_add(1).map_or((at + 1, 0), |id| (at, id));
        let place = |(at, id): (i64, u128)| (at, id.to_be_bytes());
        Some(Self { from: place(before), to: place(after) })
    }
}

/// Calls `visit` for each entry in that order, until it breaks.
pub(super) fn each(
    conn: &Connection,
    path: Path,
    span: Span,
    order: Order,
    visit: impl FnMut(Entry) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let (sql, Span { from, to }) = (path.sql(order), span);
    match path {
        Path::Service(id) => each_row(conn, &sql, (from.0, from.1, to.0, to.1, id), visit),
        Path::Time | Path::Severe => each_row(conn, &sql, (from.0, from.1, to.0, to.1), visit),
    }
}

fn each_row(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    mut visit: impl FnMut(Entry) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    while let Some(row) = rows.next()? {
        let key = EventKey { occurred_at: timestamp(row.get(1)?)?, id: id_of(row.get(2)?) };
        let level = level_of(row.get(3)?)?;
        let entry = Entry { row: row.get(0)?, key, level, service: row.get(4)?, host: row.get(5)? };
        if visit(entry)?.is_break() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::MIGRATIONS;
    use crate::sqlite::plan;

    #[test]
    fn every_walk_reads_nothing_but_its_part_of_one_index_in_its_order() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        for (path, expected) in [
            (
                Path::Time,
                "SEARCH events USING COVERING INDEX events_by_time ((at,id)>(?,?) AND (at,id)<(?,?))",
            ),
            (
                Path::Severe,
                "SEARCH events USING COVERING INDEX events_severe ((at,id)>(?,?) AND (at,id)<(?,?))",
            ),
            (
                Path::Service(1),
                "SEARCH events USING COVERING INDEX events_by_service (service=? AND (at,id)>(?,?) AND (at,id)<(?,?))",
            ),
        ] {
            for order in [Order::NewestFirst, Order::OldestFirst] {
                assert_eq!(plan(&conn, &path.sql(order)), [expected]);
            }
        }
    }

    #[test]
    fn a_span_of_one_event_has_the_first_and_the_last_id_and_nothing_from_outside() {
        let time = Timestamp::from_micros(5).unwrap()..Timestamp::from_micros(7).unwrap();
        let all = Span::of(&time, Order::OldestFirst, None);
        let key = |at, id| EventKey {
            occurred_at: Timestamp::from_micros(at).unwrap(),
            id: watchkeeper_domain::EventId::from_u128(id),
        };
        for (at, id) in [(5, 0), (5, 1), (6, u128::MAX)] {
            let Span { from, to } = all.only(key(at, id)).unwrap();
            assert!(from < (at, id.to_be_bytes()) && (at, id.to_be_bytes()) < to);
        }
        for (at, id) in [(4, u128::MAX), (7, 0)] {
            assert_eq!(all.only(key(at, id)), None);
        }
        let rest = Span::of(&time, Order::OldestFirst, Some(key(5, 3)));
        assert_eq!((rest.only(key(5, 3)), rest.only(key(5, 4)).is_some()), (None, true));
    }

    #[test]
    fn the_index_of_severe_events_has_those_from_its_level_on() {
        assert_eq!(SEVERE.number(), 5, "as in the schema");
    }
}
