//! What of a filter the index decides, before an event is read.

use super::names::Kind;
use super::row::Rows;
use super::walk::{Entry, Path, SEVERE};
use crate::sqlite::Error;
use rusqlite::Connection;
use std::collections::HashMap;
use watchkeeper_domain::event::{Condition, Field, Fields, Test};
use watchkeeper_domain::{Event, EventFilter, EventId, Level, Timestamp};

/// Most decisions that are remembered. Beyond that, all are made again.
const MAX_REMEMBERED: usize = 100_000;

/// Whether the condition holds, as far as the fields for which `is_known` holds decide it.
fn decide(condition: &Condition, event: &Event, is_known: fn(&Field) -> bool) -> Option<bool> {
    // The answer of a list is that of its first condition that ends it; otherwise it is open if one is.
    let of_list = |conditions: &[Condition], ends_it: bool| {
        let mut decided = Some(!ends_it);
        for condition in conditions {
            match decide(condition, event, is_known) {
                Some(holds) if holds == ends_it => return Some(ends_it),
                Some(_) => {}
                None => decided = None,
            }
        }
        decided
    };
    match condition {
        Condition::All(conditions) => of_list(conditions, false),
        Condition::Any(conditions) => of_list(conditions, true),
        Condition::Not(condition) => decide(condition, event, is_known).map(|holds| !holds),
        Condition::Field(field, _) if is_known(field) => Some(condition.holds(event)),
        Condition::Field(..) | Condition::Contains(_) => None,
    }
}

/// The fields that are in every index.
fn is_in_index(field: &Field) -> bool {
    matches!(field, Field::Level | Field::Service | Field::Host)
}

/// Whether only events from [`SEVERE`] on can match.
fn is_severe(filter: &EventFilter) -> bool {
    Level::ALL.into_iter().filter(|level| *level < SEVERE).all(|level| {
        let event = Event {
            id: EventId::from_u128(0),
            occurred_at: Timestamp::MIN,
            level,
            service: String::new(),
            host: String::new(),
            message: String::new(),
            fields: Fields::new(),
        };
        decide(filter.condition(), &event, |field| matches!(field, Field::Level)) == Some(false)
    })
}

/// The service that every matching event has, if the filter names one.
fn service(condition: &Condition) -> Option<&str> {
    match condition {
        Condition::All(conditions) => conditions.iter().find_map(service),
        Condition::Field(Field::Service, Test::Equals(name)) => Some(name),
        _ => None,
    }
}

/// The only event that can match, if the filter names one.
pub(super) fn only(condition: &Condition) -> Option<EventId> {
    match condition {
        Condition::All(conditions) => conditions.iter().find_map(only),
        Condition::Field(Field::Id, Test::Equals(id)) => id.parse().ok(),
        _ => None,
    }
}

/// The shortest way to all matching events; `None` if there are none.
pub(super) fn path(conn: &Connection, filter: &EventFilter) -> Result<Option<Path>, Error> {
    if is_severe(filter) {
        return Ok(Some(Path::Severe));
    }
    match service(filter.condition()) {
        Some(name) => Ok(Kind::Service.find(conn, name)?.map(Path::Service)),
        None => Ok(Some(Path::Time)),
    }
}

/// Decides by level, service and host, once for each combination.
pub(super) struct Decider<'f> {
    filter: &'f EventFilter,
    decided: HashMap<(Level, i64, i64), Option<bool>>,
}

impl<'f> Decider<'f> {
    pub(super) fn of(filter: &'f EventFilter) -> Self {
        Self { filter, decided: HashMap::new() }
    }

    /// Whether the event matches; `None` if it must be read to tell.
    pub(super) fn decide(&mut self, entry: &Entry, rows: &mut Rows<'_>) -> Result<Option<bool>, Error> {
        let known = (entry.level, entry.service, entry.host);
        if let Some(decided) = self.decided.get(&known) {
            return Ok(*decided);
        }
        if self.decided.len() >= MAX_REMEMBERED {
            self.decided.clear();
        }
        let decided = decide(self.filter.condition(), &rows.outline(entry)?, is_in_index);
        self.decided.insert(known, decided);
        Ok(decided)
    }
}

/// Whether the fields of an event may decide whether the condition holds, beside its message.
pub(super) fn needs_fields(condition: &Condition) -> bool {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => conditions.iter().any(needs_fields),
        Condition::Not(condition) => needs_fields(condition),
        Condition::Field(Field::Other(_), _) => true,
        Condition::Field(..) | Condition::Contains(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::MIGRATIONS;
    use crate::events::names::Names;
    use watchkeeper_domain::event::{Comparison, Operand};

    fn level(comparison: Comparison, than: Level) -> Condition {
        Condition::Field(Field::Level, Test::Compare(comparison, Operand::Level(than)))
    }

    fn is(field: Field, value: &str) -> Condition {
        Condition::Field(field, Test::Equals(value.to_owned()))
    }

    fn not(condition: Condition) -> Condition {
        Condition::Not(Box::new(condition))
    }

    fn text() -> Condition {
        Condition::Contains("timed out".into())
    }

    #[test]
    fn the_shortest_index_is_taken() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        let shop = Names::of(Kind::Service).used(&conn, "shop").unwrap();
        let severe = level(Comparison::AtLeast, Level::Error);
        for (condition, expected) in [
            (Condition::default(), Some(Path::Time)),
            (text(), Some(Path::Time)),
            (level(Comparison::AtLeast, Level::Notice), Some(Path::Time)),
            (level(Comparison::Greater, Level::Notice), Some(Path::Severe)),
            (is(Field::Level, "error"), Some(Path::Severe)),
            (Condition::Any(vec![is(Field::Level, "error"), is(Field::Level, "alert")]), Some(Path::Severe)),
            (Condition::Any(vec![severe.clone(), text()]), Some(Path::Time)),
            (Condition::All(vec![is(Field::Service, "shop"), severe.clone()]), Some(Path::Severe)),
            (Condition::All(vec![text(), is(Field::Service, "shop")]), Some(Path::Service(shop))),
            (not(severe), Some(Path::Time)),
            (not(is(Field::Service, "shop")), Some(Path::Time)),
            (is(Field::Service, "other"), None),
        ] {
            assert_eq!(path(&conn, &condition.clone().into()).unwrap(), expected, "{condition:?}");
        }
    }

    #[test]
    fn what_the_index_does_not_decide_stays_open() {
        let event = Event {
            id: EventId::given("a"),
            occurred_at: Timestamp::MIN,
            level: Level::Info,
            service: "shop".into(),
            host: String::new(),
            message: String::new(),
            fields: Fields::new(),
        };
        let decided = |condition: &Condition| decide(condition, &event, is_in_index);
        let (right, wrong) = (is(Field::Service, "shop"), is(Field::Host, "web-1"));
        for (condition, expected) in [
            (right.clone(), Some(true)),
            (wrong.clone(), Some(false)),
            (text(), None),
            (not(text()), None),
            (Condition::All(vec![right.clone(), text()]), None),
            (Condition::All(vec![text(), wrong.clone()]), Some(false)),
            (Condition::Any(vec![text(), right]), Some(true)),
            (Condition::Any(vec![wrong.clone(), text()]), None),
            (not(wrong), Some(true)),
            (Condition::All(Vec::new()), Some(true)),
            (Condition::Any(Vec::new()), Some(false)),
        ] {
            assert_eq!(decided(&condition), expected, "{condition:?}");
        }
    }
}
