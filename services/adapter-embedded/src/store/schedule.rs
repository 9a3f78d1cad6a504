//! When periodic jobs last began.

use crate::sqlite::{Error, timestamp};
use rusqlite::Connection;
use std::collections::HashMap;
use watchkeeper_domain::Timestamp;

pub(super) fn marks(conn: &Connection, owner: &str) -> Result<HashMap<String, Timestamp>, Error> {
    let mut select = conn.prepare_cached("SELECT name, at FROM marks WHERE owner = ?1")?;
    let mut rows = select.query([owner])?;
    let mut marks = HashMap::new();
    while let Some(row) = rows.next()? {
        marks.insert(row.get(0)?, timestamp(row.get(1)?)?);
    }
    Ok(marks)
}

pub(super) fn mark(conn: &Connection, owner: &str, marks: &[(String, Timestamp)]) -> Result<(), Error> {
    let mut set = conn.prepare_cached(
        "INSERT INTO marks (owner, name, at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET at = excluded.at",
    )?;
    for (name, at) in marks {
        set.execute((owner, name, at.as_micros()))?;
    }
    Ok(())
}
