//! Reads rollups.

use crate::series::answer_page;
use crate::sqlite::{Error, select_rows, timestamp};
use rusqlite::{Connection, Row};
use watchkeeper_domain::{Rollup, RollupQuery, SeriesRollups};
use watchkeeper_ports::Page;

/// A series' rollups within a range, oldest first: one range scan.
const OLDEST_FIRST: &str = "SELECT start, avg, min, max, count, p95 FROM rollups
     WHERE series_id = ?1 AND window = ?2 AND start >= ?3 AND start < ?4 ORDER BY start";

/// The rollups of the series on the page; a series without any in the windows does not count.
pub(super) fn rollups(
    conn: &Connection,
    query: &RollupQuery,
    page: &Page,
) -> Result<Vec<SeriesRollups>, Error> {
    answer_page(conn, query.filter(), page, |id, series| {
        let rollups = of_series(conn, id, query)?;
        Ok((!rollups.is_empty()).then_some(SeriesRollups { series, rollups }))
    })
}

fn of_series(conn: &Connection, series_id: i64, query: &RollupQuery) -> Result<Vec<Rollup>, Error> {
    let (from, to) = (query.from().as_micros(), query.to().as_micros());
    select_rows(conn, OLDEST_FIRST, (series_id, query.window().name(), from, to), rollup_of_row)
}

fn rollup_of_row(row: &Row<'_>) -> Result<Rollup, Error> {
    Ok(Rollup {
        start: timestamp(row.get(0)?)?,
        avg: row.get(1)?,
        min: row.get(2)?,
        max: row.get(3)?,
        count: row.get(4)?,
        p95: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollups::MIGRATIONS;
    use crate::sqlite::plan;

    #[test]
    fn a_series_without_rollups_in_the_windows_costs_one_look() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        let search = "SEARCH rollups USING PRIMARY KEY (series_id=? AND window=? AND start>? AND start<?)";
        assert_eq!(plan(&conn, OLDEST_FIRST), [search]);
    }
}
