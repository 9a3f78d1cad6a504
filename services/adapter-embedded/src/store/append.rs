//! Stores samples.

use crate::positions;
use crate::series::Interning;
use crate::sqlite::Error;
use rusqlite::Connection;
use std::collections::HashSet;
use watchkeeper_domain::{Note, Sample, Series};
use watchkeeper_ports::{Append, Appended};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The batch is stored.
    Appended(Appended),
    /// Nothing is stored: the new series of these samples would exceed the limit.
    TooManySeries { series: u64, samples: Vec<usize> },
}

/// Commits the positions and stores the samples; the store may have `max_series` afterwards, if that is
/// given.
pub(super) fn append(
    conn: &Connection,
    interning: &mut Interning,
    batch: &Append<Sample>,
    max_series: Option<u64>,
) -> Result<Outcome, Error> {
    let mut ids = Vec::with_capacity(batch.items.len());
    for sample in &batch.items {
        ids.push(interning.find(conn, &sample.series)?);
    }
    // Before anything is written, because a rollback empties the cache of series ids.
    let samples = without_room(conn, interning, &batch.items, &ids, max_series)?;
    if !samples.is_empty() {
        return Ok(Outcome::TooManySeries { series: interning.count(conn)?, samples });
    }
    for advance in &batch.advances {
        positions::advance(conn, advance)?;
    }
    let mut rows = Vec::with_capacity(batch.items.len());
    for (sample, id) in batch.items.iter().zip(ids) {
        let id = id.map_or_else(|| interning.id(conn, &sample.series), Ok)?;
        let note = sample.note.as_ref().map(Note::as_str);
        rows.push((id, sample.collected_at.as_micros(), sample.value, note));
    }
    // In the order of the B-tree, so that each page is visited once. Stable, so that of two samples at one
    // instant the first wins.
    rows.sort_by_key(|&(series, at, ..)| (series, at));
    // Only a duplicate is skipped: SQLite stores NaN as NULL, and that is an error.
    let mut insert = conn.prepare_cached(
        "INSERT INTO samples (series_id, at, value, note) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (series_id, at) DO NOTHING",
    )?;
    let mut stored = 0;
    for row in &rows {
        stored += insert.execute(*row)? as u64;
    }
    Ok(Outcome::Appended(Appended { stored, repeated: rows.len() as u64 - stored }))
}

/// The samples whose series are new and exceed the limit.
fn without_room(
    conn: &Connection,
    interning: &mut Interning,
    samples: &[Sample],
    ids: &[Option<i64>],
    max_series: Option<u64>,
) -> Result<Vec<usize>, Error> {
    let Some(max_series) = max_series.filter(|_| ids.contains(&None)) else { return Ok(Vec::new()) };
    let room = max_series.saturating_sub(interning.count(conn)?);
    let (mut new, mut left): (HashSet<&Series>, Vec<usize>) = (HashSet::new(), Vec::new());
    for (index, (sample, id)) in samples.iter().zip(ids).enumerate() {
        if id.is_some() || new.contains(&*sample.series) {
            continue;
        }
        if (new.len() as u64) < room {
            new.insert(&sample.series);
        } else {
            left.push(index);
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;
    use std::sync::Arc;
    use watchkeeper_domain::Timestamp;

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(&MIGRATIONS.join(";")).unwrap();
        conn
    }

    fn append_value(conn: &Connection, value: f64) -> Result<Outcome, Error> {
        let series = Arc::new(Series::new("host", "load", "", &[]).unwrap());
        let sample = Sample::new(series, Timestamp::MIN, value);
        append(conn, &mut Interning::default(), &Append::of(vec![sample]), None)
    }

    #[test]
    fn what_is_not_a_number_is_refused_and_not_taken_for_a_repeated_sample() {
        let conn = database();
        let refused = Error::Rejected("NOT NULL constraint failed: samples.value".into());
        assert_eq!(append_value(&conn, f64::NAN), Err(refused.clone()));
        assert_eq!(append_value(&conn, 1.0), Ok(Outcome::Appended(Appended { stored: 1, repeated: 0 })));
        assert_eq!(append_value(&conn, f64::NAN), Err(refused));
        assert_eq!(append_value(&conn, 1.0), Ok(Outcome::Appended(Appended { stored: 0, repeated: 1 })));
    }
}
