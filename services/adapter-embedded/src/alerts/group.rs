//! Planner state of groups of alerts.

use crate::sqlite::Error;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};
use watchkeeper_ports::{AlertGroup, GroupChange};

pub(super) fn all(conn: &Connection) -> Result<Vec<AlertGroup>, Error> {
    let groups = conn
        .prepare_cached("SELECT key, version, state FROM groups ORDER BY key")?
        .query_map([], |row| {
            let state = Bytes::from(row.get::<_, Vec<u8>>(2)?);
            Ok(AlertGroup { key: row.get(0)?, version: row.get(1)?, state })
        })?
        .collect::<Result<_, _>>()?;
    Ok(groups)
}

/// Whether the group is unchanged since the planner read it.
pub(super) fn is_as_seen(conn: &Connection, change: &GroupChange) -> Result<bool, Error> {
    let version: Option<u64> = conn
        .prepare_cached("SELECT version FROM groups WHERE key = ?1")?
        .query_row([&change.key], |row| row.get(0))
        .optional()?;
    Ok(version.unwrap_or(0) == change.expected)
}

pub(super) fn apply(conn: &Connection, change: &GroupChange, version: u64) -> Result<(), Error> {
    match &change.state {
        Some(state) => conn
            .prepare_cached(
                "INSERT INTO groups (key, version, state) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET version = excluded.version, state = excluded.state",
            )?
            .execute((&change.key, version, &state[..]))?,
        None => conn.prepare_cached("DELETE FROM groups WHERE key = ?1")?.execute([&change.key])?,
    };
    Ok(())
}
