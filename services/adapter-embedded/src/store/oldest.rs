//! Finds the oldest sample without reading younger ones.

use crate::sqlite::{Error, timestamp};
use rusqlite::Connection;
use watchkeeper_domain::Timestamp;

/// The first sample of each series, and the oldest of these.
const OLDEST: &str = "SELECT min((SELECT at FROM samples WHERE series_id = series.id ORDER BY at LIMIT 1))
     FROM series";

/// The instant of the oldest sample of any series.
pub(super) fn oldest(conn: &Connection) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = conn.prepare_cached(OLDEST)?.query_row([], |row| row.get(0))?;
    at.map(timestamp).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::plan;
    use crate::store::MIGRATIONS;

    #[test]
    fn each_series_costs_one_look() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        let look = "SEARCH samples USING PRIMARY KEY (series_id=?)".to_owned();
        assert!(plan(&conn, OLDEST).contains(&look), "{:?}", plan(&conn, OLDEST));
        assert_eq!(plan(&conn, OLDEST).iter().filter(|step| step.contains("samples")).count(), 1);
    }
}
