//! Removes old events, in steps.

use super::append::Known;
use super::names::Kind;
use super::row::id_bytes;
use super::walk::{self, Path, Span};
use crate::sqlite::{Database, Error};
use rusqlite::{Connection, OptionalExtension};
use std::ops::ControlFlow;
use watchkeeper_domain::{EventId, Level, Timestamp};
use watchkeeper_ports::{EventKey, Order, PortError};

/// Most events that one step removes: some ten milliseconds, during which nobody else writes.
const STEP_EVENTS: usize = 1_000;
/// Most entries that one step looks at.
const STEP_ENTRIES: usize = 100_000;

/// Which events are removed.
#[derive(Clone, Debug)]
pub(super) struct Old {
    pub(super) service: Option<String>,
    pub(super) up_to: Option<Level>,
    pub(super) before: Timestamp,
}

/// Some old events.
#[derive(Debug, Default)]
struct Step {
    ids: Vec<EventId>,
    /// Where the next step continues, if there is more to do.
    go_on_after: Option<EventKey>,
}

/// Removes old events; returns how many. Others write meanwhile.
pub(super) async fn prune(database: &Database<Known>, old: Old) -> Result<u64, PortError> {
    let (mut removed, mut after) = (0, None);
    loop {
        let old = old.clone();
        let Step { ids, go_on_after } = database.read_long(move |conn| find(conn, &old, after)).await?;
        if !ids.is_empty() {
            removed += database.write(move |conn, known| remove(conn, known, &ids)).await?;
        }
        if go_on_after.is_none() {
            return Ok(removed);
        }
        after = go_on_after;
    }
}

fn find(conn: &Connection, old: &Old, after: Option<EventKey>) -> Result<Step, Error> {
    let path = match &old.service {
        None => Path::Time,
        Some(name) => match Kind::Service.find(conn, name)? {
            Some(id) => Path::Service(id),
            None => return Ok(Step::default()),
        },
    };
    let span = Span::of(&(Timestamp::MIN..old.before), Order::OldestFirst, after);
    let (mut step, mut looked_at) = (Step::default(), 0);
    walk::each(conn, path, span, Order::OldestFirst, |entry| {
        if old.up_to.is_none_or(|level| entry.level <= level) {
            step.ids.push(entry.key.id);
        }
        looked_at += 1;
        if step.ids.len() < STEP_EVENTS && looked_at < STEP_ENTRIES {
            return Ok(ControlFlow::Continue(()));
        }
        step.go_on_after = Some(entry.key);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(step)
}

/// Removes these events, as far as they are there.
fn remove(conn: &Connection, known: &mut Known, ids: &[EventId]) -> Result<u64, Error> {
    let mut removed = 0;
    {
        let mut delete = conn.prepare_cached("DELETE FROM events WHERE id = ?1 RETURNING service, host")?;
        for id in ids {
            let names = delete.query_row([id_bytes(*id)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            if let Some((service, host)) = names {
                known.services.unused(service);
                known.hosts.unused(host);
                removed += 1;
            }
        }
    }
    known.services.settle(conn)?;
    known.hosts.settle(conn)?;
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::MIGRATIONS;
    use crate::events::append::append;
    use std::time::Duration;
    use watchkeeper_domain::Event;
    use watchkeeper_domain::event::Fields;
    use watchkeeper_ports::{Append, Processed};

    fn database(levels: impl IntoIterator<Item = Level>) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        let event = |(number, level): (u64, Level)| {
            Processed::stored(Event {
                id: EventId::given(&number.to_string()),
                occurred_at: Timestamp::MIN.plus(Duration::from_millis(number)),
                level,
                service: "shop".into(),
                host: String::new(),
                message: String::new(),
                fields: Fields::new(),
            })
        };
        let events = (0..).zip(levels).map(event).collect();
        append(&conn, &mut Known::default(), &Append::of(events)).unwrap();
        conn
    }

    /// How many events each step finds.
    fn steps(conn: &Connection, up_to: Option<Level>) -> Vec<usize> {
        let old = Old { service: Some("shop".into()), up_to, before: Timestamp::MAX };
        let (mut after, mut steps) = (None, Vec::new());
        loop {
            let step = find(conn, &old, after).unwrap();
            steps.push(step.ids.len());
            remove(conn, &mut Known::default(), &step.ids).unwrap();
            after = step.go_on_after;
            if after.is_none() {
                return steps;
            }
        }
    }

    #[test]
    fn a_step_removes_a_limited_number_of_events() {
        let conn = database(vec![Level::Info; STEP_EVENTS + 5]);
        assert_eq!(steps(&conn, None), [STEP_EVENTS, 5]);
        assert_eq!(steps(&conn, None), [0]);
    }

    #[test]
    fn a_step_looks_at_a_limited_number_of_events_that_stay() {
        let mut levels = vec![Level::Error; STEP_ENTRIES];
        levels.push(Level::Debug);
        assert_eq!(steps(&database(levels), Some(Level::Info)), [0, 1]);
    }
}
