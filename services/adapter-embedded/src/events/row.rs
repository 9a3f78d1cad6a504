//! Events in rows.

use super::names::Kind;
use super::walk::Entry;
use crate::sqlite::{Error, timestamp};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, EventId, Level};
use watchkeeper_ports::EventKey;

/// Most names of a kind that one query remembers. Beyond that, it forgets all and reads them again.
const MAX_REMEMBERED: usize = 10_000;

/// An id as it is in a column.
pub(super) fn id_bytes(id: EventId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

/// The id in a column.
pub(super) fn id_of(bytes: [u8; 16]) -> EventId {
    EventId::from_u128(u128::from_be_bytes(bytes))
}

pub(super) fn level_of(number: u8) -> Result<Level, Error> {
    Level::from_number(number)
        .ok_or_else(|| Error::Broken(format!("a row has level {number}, which is none")))
}

/// Reads events.
pub(super) struct Rows<'c> {
    conn: &'c Connection,
    services: HashMap<i64, String>,
    hosts: HashMap<i64, String>,
}

impl<'c> Rows<'c> {
    pub(super) fn of(conn: &'c Connection) -> Self {
        Self { conn, services: HashMap::new(), hosts: HashMap::new() }
    }

    /// What the entry of an index says of its event: neither message nor fields.
    pub(super) fn outline(&mut self, entry: &Entry) -> Result<Event, Error> {
        Ok(Event {
            id: entry.key.id,
            occurred_at: entry.key.occurred_at,
            level: entry.level,
            service: name(self.conn, &mut self.services, Kind::Service, entry.service)?,
            host: name(self.conn, &mut self.hosts, Kind::Host, entry.host)?,
            message: String::new(),
            fields: Fields::new(),
        })
    }

    /// The event without its fields.
    pub(super) fn without_fields(&mut self, entry: &Entry) -> Result<Event, Error> {
        let mut select = self.conn.prepare_cached("SELECT message FROM events WHERE row = ?1")?;
        let message = select.query_row([entry.row], |row| row.get(0))?;
        Ok(Event { message, ..self.outline(entry)? })
    }

    /// The event.
    pub(super) fn event(&mut self, entry: &Entry) -> Result<Event, Error> {
        let mut select = self.conn.prepare_cached("SELECT message, fields FROM events WHERE row = ?1")?;
        let columns = select.query_row([entry.row], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
        let (message, fields) = columns?;
        let fields = serde_json::from_str(&fields)
            .map_err(|error| Error::Broken(format!("the fields of an event are no JSON object: {error}")))?;
        Ok(Event { message, fields, ..self.outline(entry)? })
    }

    /// Where the event with this id is.
    pub(super) fn key_of(&self, id: EventId) -> Result<Option<EventKey>, Error> {
        let mut select = self.conn.prepare_cached("SELECT at FROM events WHERE id = ?1")?;
        let at = select.query_row([id_bytes(id)], |row| row.get(0)).optional()?;
        at.map(|at| Ok(EventKey { occurred_at: timestamp(at)?, id })).transpose()
    }

    /// The event with this id.
    pub(super) fn with_id(&mut self, id: EventId) -> Result<Option<Event>, Error> {
        let mut select =
            self.conn.prepare_cached("SELECT row, at, level, service, host FROM events WHERE id = ?1")?;
        let columns = select
            .query_row([id_bytes(id)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })
            .optional()?;
        let Some((row, at, level, service, host)) = columns else { return Ok(None) };
        let key = EventKey { occurred_at: timestamp(at)?, id };
        self.event(&Entry { row, key, level: level_of(level)?, service, host }).map(Some)
    }
}

fn name(conn: &Connection, names: &mut HashMap<i64, String>, kind: Kind, id: i64) -> Result<String, Error> {
    if let Some(name) = names.get(&id) {
        return Ok(name.clone());
    }
    if names.len() >= MAX_REMEMBERED {
        names.clear();
    }
    let name = kind.name(conn, id)?;
    names.insert(id, name.clone());
    Ok(name)
}
