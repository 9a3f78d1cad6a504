//! Samples into the database.

use super::interning::Interning;
use super::positions;
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_ports::{Append, Appended};

/// Moves the positions and stores the samples.
pub(super) fn append(
    conn: &Connection,
    interning: &mut Interning,
    batch: &Append,
) -> Result<Appended, Error> {
    for advance in &batch.advances {
        positions::advance(conn, advance)?;
    }
    let mut rows = Vec::with_capacity(batch.samples.len());
    for sample in &batch.samples {
        rows.push((interning.id(conn, &sample.series)?, sample.collected_at.as_micros(), sample.value));
    }
    // In the order of the tree, so that each page is visited once. Stable, so that of two samples of one
    // instant the first stays.
    rows.sort_by_key(|&(series, at, _)| (series, at));
    let mut insert =
        conn.prepare_cached("INSERT OR IGNORE INTO samples (series_id, at, value) VALUES (?1, ?2, ?3)")?;
    let mut stored = 0;
    for row in &rows {
        stored += insert.execute(*row)? as u64;
    }
    Ok(Appended { stored, repeated: rows.len() as u64 - stored })
}
