//! How far each pass over the samples has come.

use crate::sqlite::{Error, timestamp};
use rusqlite::{Connection, OptionalExtension};
use watchkeeper_domain::Timestamp;

/// Up to which instant `pass` has made its rollups, if it ever made any.
pub(super) fn made_until(conn: &Connection, pass: &str) -> Result<Option<Timestamp>, Error> {
    let until: Option<i64> = conn
        .prepare_cached("SELECT made_until FROM passes WHERE name = ?1")?
        .query_row([pass], |row| row.get(0))
        .optional()?;
    until.map(timestamp).transpose()
}

/// Notes how far `pass` has come.
pub(super) fn set_made_until(conn: &Connection, pass: &str, until: Timestamp) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO passes (name, made_until) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET made_until = excluded.made_until",
    )?
    .execute((pass, until.as_micros()))?;
    Ok(())
}

/// The same, if it stands where `expected` has it; tells whether it does.
pub(super) fn move_made_until(
    conn: &Connection,
    pass: &str,
    expected: Option<Timestamp>,
    until: Timestamp,
) -> Result<bool, Error> {
    let stands = made_until(conn, pass)? == expected;
    if stands {
        set_made_until(conn, pass, until)?;
    }
    Ok(stands)
}
