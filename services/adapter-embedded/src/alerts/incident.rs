//! Incidents.

use crate::sqlite::{Error, select_rows, timestamp};
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use watchkeeper_domain::{Incident, IncidentUpdate, Maintenance, Timestamp};

const COLUMNS: &str =
    "id, title, pages, affected, planned_from, planned_until, updates, update_count, ends_at";
/// Those that have not ended before an instant.
const ENDING_FROM: &str =
    "WHERE ends_at IS NULL OR ends_at >= ?1 ORDER BY ends_at IS NOT NULL, ends_at DESC, id LIMIT ?2";

/// An update in the column `updates`: when, in microseconds; the status; the text; by whom.
type Written = (i64, String, String, String);

/// Stores an incident, unless the one with the same id has at least as many updates; returns whether it did.
pub(super) fn put(conn: &Connection, incident: &Incident) -> Result<bool, Error> {
    let planned = incident.maintenance;
    let stored = conn
        .prepare_cached(&format!(
            "INSERT INTO incidents ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET
                 title = excluded.title, pages = excluded.pages, affected = excluded.affected,
                 planned_from = excluded.planned_from, planned_until = excluded.planned_until,
                 updates = excluded.updates, update_count = excluded.update_count, ends_at = excluded.ends_at
             WHERE update_count < excluded.update_count"
        ))?
        .execute((
            &incident.id,
            &incident.title,
            json(&incident.pages)?,
            json(&incident.affected)?,
            planned.map(|planned| planned.starts_at.as_micros()),
            planned.map(|planned| planned.ends_at.as_micros()),
            json(&incident.updates.iter().map(written).collect::<Vec<_>>())?,
            incident.updates.len(),
            incident.ends_at().map(Timestamp::as_micros),
        ))?;
    Ok(stored > 0)
}

pub(super) fn find(conn: &Connection, id: &str) -> Result<Option<Incident>, Error> {
    Ok(select(conn, "WHERE id = ?1", [id])?.pop())
}

/// The first `limit` that have not ended before `instant`.
pub(super) fn ending_from(
    conn: &Connection,
    instant: Timestamp,
    limit: usize,
) -> Result<Vec<Incident>, Error> {
    select(conn, ENDING_FROM, (instant.as_micros(), limit))
}

/// The first `limit` after an id.
pub(super) fn page(conn: &Connection, after: Option<&str>, limit: usize) -> Result<Vec<Incident>, Error> {
    match after {
        Some(after) => select(conn, "WHERE id > ?1 ORDER BY id LIMIT ?2", (after, limit)),
        None => select(conn, "ORDER BY id LIMIT ?1", [limit]),
    }
}

/// Removes those that ended before `before`; returns how many.
pub(super) fn prune(conn: &Connection, before: Timestamp) -> Result<u64, Error> {
    let removed =
        conn.prepare_cached("DELETE FROM incidents WHERE ends_at < ?1")?.execute([before.as_micros()])?;
    Ok(removed as u64)
}

fn select(conn: &Connection, which: &str, params: impl Params) -> Result<Vec<Incident>, Error> {
    select_rows(conn, &format!("SELECT {COLUMNS} FROM incidents {which}"), params, read)
}

fn read(row: &Row<'_>) -> Result<Incident, Error> {
    let planned = |column| row.get::<_, Option<i64>>(column)?.map(timestamp).transpose();
    let planned: (Option<Timestamp>, Option<Timestamp>) = (planned(4)?, planned(5)?);
    let updates: Vec<Written> = parsed(&row.get::<_, String>(6)?)?;
    Ok(Incident {
        id: row.get(0)?,
        title: row.get(1)?,
        pages: parsed(&row.get::<_, String>(2)?)?,
        affected: parsed(&row.get::<_, String>(3)?)?,
        maintenance: planned.0.zip(planned.1).map(|(starts_at, ends_at)| Maintenance { starts_at, ends_at }),
        updates: updates.into_iter().map(update).collect::<Result<_, _>>()?,
    })
}

fn written(update: &IncidentUpdate) -> Written {
    (update.at.as_micros(), update.status.name().to_owned(), update.text.clone(), update.by.clone())
}

fn update((at, status, text, by): Written) -> Result<IncidentUpdate, Error> {
    let status = status.parse().map_err(|error| broken(&format!("the status {status:?}: it {error}")))?;
    Ok(IncidentUpdate { at: timestamp(at)?, status, text, by })
}

fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Rejected(error.to_string()))
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| broken(&error.to_string()))
}

fn broken(reason: &str) -> Error {
    Error::Broken(format!("an incident cannot be read: {reason}"))
}
