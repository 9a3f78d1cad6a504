//! Progress of rollup passes.

use crate::sqlite::{Error, timestamp};
use rusqlite::{Connection, OptionalExtension};
use watchkeeper_domain::Timestamp;

/// The instant up to which `pass` has rolled up, if it ever ran.
pub(super) fn made_until(conn: &Connection, pass: &str) -> Result<Option<Timestamp>, Error> {
    let until: Option<i64> = conn
        .prepare_cached("SELECT made_until FROM passes WHERE name = ?1")?
        .query_row([pass], |row| row.get(0))
        .optional()?;
    until.map(timestamp).transpose()
}

/// Records how far `pass` has come.
pub(super) fn set_made_until(conn: &Connection, pass: &str, until: Timestamp) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO passes (name, made_until) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET made_until = excluded.made_until",
    )?
    .execute((pass, until.as_micros()))?;
    Ok(())
}

/// The same as a compare-and-set; returns whether it was at `expected`.
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
