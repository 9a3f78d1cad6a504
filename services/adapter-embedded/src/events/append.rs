//! Stores events.

use super::counting::{Counting, KeyIds};
use super::names::{Kind, Names};
use super::row::id_bytes;
use crate::positions;
use crate::sqlite::{Error, Memory};
use rusqlite::Connection;
use watchkeeper_domain::Event;
use watchkeeper_ports::{Append, Appended, Processed};

/// What the writer remembers.
pub(super) struct Known {
    pub(super) services: Names,
    pub(super) hosts: Names,
    keys: KeyIds,
}

impl Default for Known {
    fn default() -> Self {
        Self { services: Names::of(Kind::Service), hosts: Names::of(Kind::Host), keys: KeyIds::default() }
    }
}

impl Known {
    /// Count keys were removed: their numbers may be given again.
    pub(super) fn forget_count_keys(&mut self) {
        self.keys.forget();
    }
}

impl Memory for Known {
    fn rolled_back(&mut self) {
        self.services.forget();
        self.hosts.forget();
        self.keys.forget();
    }
}

/// Commits the positions, stores the events that are not stored yet, and adds to the counts. An event that is only
/// counted is neither stored nor repeated.
pub(super) fn append(
    conn: &Connection,
    known: &mut Known,
    batch: &Append<Processed>,
) -> Result<Appended, Error> {
    for advance in &batch.advances {
        positions::advance(conn, advance)?;
    }
    let (mut appended, mut counting) = (Appended::default(), Counting::default());
    for Processed { event, is_stored, counts, .. } in &batch.items {
        if *is_stored {
            if !insert(conn, known, event)? {
                appended.repeated += 1;
                continue;
            }
            appended.stored += 1;
            counting.add_stored(event);
        }
        for key in counts {
            counting.add(event, key.clone());
        }
    }
    known.services.settle(conn)?;
    known.hosts.settle(conn)?;
    counting.write(conn, &mut known.keys)?;
    Ok(appended)
}

/// Stores an event, unless one with its id is stored; returns whether it did.
fn insert(conn: &Connection, known: &mut Known, event: &Event) -> Result<bool, Error> {
    let id = id_bytes(event.id);
    // Looked up first, because a repeated event may name a service that no stored one has.
    if conn.prepare_cached("SELECT 1 FROM events WHERE id = ?1")?.exists([id])? {
        return Ok(false);
    }
    let service = known.services.used(conn, &event.service)?;
    let host = known.hosts.used(conn, &event.host)?;
    let fields = serde_json::to_string(&event.fields).map_err(|error| Error::Rejected(error.to_string()))?;
    conn.prepare_cached(
        "INSERT INTO events (at, id, level, service, host, message, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((event.occurred_at.as_micros(), id, event.level.number(), service, host, &event.message, fields))?;
    Ok(true)
}
