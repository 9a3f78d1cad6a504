//! Whether a file can be written to.

use super::error::Error;
use rusqlite::Connection;
use watchkeeper_domain::Timestamp;

/// Writes a row: a full or failing disk shows only then. The file has the table of `check.sql`.
pub(super) fn write(conn: &Connection, now: Timestamp) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO checks (id, at) VALUES (1, ?1) ON CONFLICT DO UPDATE SET at = excluded.at",
    )?
    .execute([now.as_micros()])?;
    Ok(())
}
