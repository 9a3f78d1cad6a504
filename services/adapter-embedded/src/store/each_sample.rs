//! The samples of a series in order of time.

use crate::sqlite::{Error, timestamp};
use rusqlite::Connection;
use std::ops::Range;
use watchkeeper_domain::Timestamp;

/// A series' samples within a range, oldest first: one range scan.
const OLDEST_FIRST: &str =
    "SELECT at, value FROM samples WHERE series_id = ?1 AND at >= ?2 AND at < ?3 ORDER BY at";

/// Visits the samples of a series within `range`, oldest first.
pub(super) fn each_sample(
    conn: &Connection,
    series_id: i64,
    range: Range<Timestamp>,
    mut visit: impl FnMut(Timestamp, f64) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut select = conn.prepare_cached(OLDEST_FIRST)?;
    let mut rows = select.query((series_id, range.start.as_micros(), range.end.as_micros()))?;
    while let Some(row) = rows.next()? {
        visit(timestamp(row.get(0)?)?, row.get(1)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::plan;
    use crate::store::MIGRATIONS;

    #[test]
    fn a_series_without_samples_in_the_range_costs_one_look() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        let search = "SEARCH samples USING PRIMARY KEY (series_id=? AND at>? AND at<?)";
        assert_eq!(plan(&conn, OLDEST_FIRST), [search]);
    }
}
