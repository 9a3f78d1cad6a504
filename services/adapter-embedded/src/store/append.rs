//! Samples into the database.

use crate::positions;
use crate::series::Interning;
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
    // Only a repeated sample is left out: SQLite takes NaN for NULL, and that is an error.
    let mut insert = conn.prepare_cached(
        "INSERT INTO samples (series_id, at, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (series_id, at) DO NOTHING",
    )?;
    let mut stored = 0;
    for row in &rows {
        stored += insert.execute(*row)? as u64;
    }
    Ok(Appended { stored, repeated: rows.len() as u64 - stored })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;
    use std::sync::Arc;
    use watchkeeper_domain::{Sample, Series, Timestamp};

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn
    }

    fn append_value(conn: &Connection, value: f64) -> Result<Appended, Error> {
        let series = Arc::new(Series::new("host", "load", "", &[]).unwrap());
        let sample = Sample { series, collected_at: Timestamp::MIN, value };
        append(conn, &mut Interning::default(), &Append { samples: vec![sample], advances: Vec::new() })
    }

    #[test]
    fn what_is_not_a_number_is_refused_and_not_taken_for_a_repeated_sample() {
        let conn = database();
        let refused = Error::Rejected("NOT NULL constraint failed: samples.value".into());
        assert_eq!(append_value(&conn, f64::NAN), Err(refused.clone()));
        assert_eq!(append_value(&conn, 1.0), Ok(Appended { stored: 1, repeated: 0 }));
        assert_eq!(append_value(&conn, f64::NAN), Err(refused));
        assert_eq!(append_value(&conn, 1.0), Ok(Appended { stored: 0, repeated: 1 }));
    }
}
