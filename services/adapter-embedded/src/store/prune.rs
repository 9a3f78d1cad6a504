//! Prunes samples.

use crate::series::Old;
use crate::sqlite::Error;
use rusqlite::{Connection, OptionalExtension};
use watchkeeper_domain::Timestamp;

/// The samples older than an instant.
#[derive(Clone, Copy)]
pub(super) struct OldSamples {
    pub(super) before: Timestamp,
}

impl Old for OldSamples {
    fn remove(self, conn: &Connection, series_id: i64, room: u64) -> Result<u64, Error> {
        let before = self.before.as_micros();
        let first_kept: Option<i64> = conn
            .prepare_cached(
                "SELECT at FROM samples WHERE series_id = ?1 AND at < ?2 ORDER BY at LIMIT 1 OFFSET ?3",
            )?
            .query_row((series_id, before, room), |row| row.get(0))
            .optional()?;
        let removed = conn
            .prepare_cached("DELETE FROM samples WHERE series_id = ?1 AND at < ?2")?
            .execute((series_id, first_kept.unwrap_or(before)))?;
        Ok(removed as u64)
    }

    fn is_any_left(self, conn: &Connection, series_id: i64) -> Result<bool, Error> {
        let is_any_left = conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM samples WHERE series_id = ?1)")?
            .query_row([series_id], |row| row.get(0))?;
        Ok(is_any_left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;

    #[test]
    fn the_oldest_go_first_and_no_more_than_there_is_room_for() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.execute_batch(
            "INSERT INTO samples VALUES (1, 0, 0), (1, 1, 0), (1, 2, 0), (1, 3, 0), (2, 0, 0)",
        )
        .unwrap();
        let old = OldSamples { before: Timestamp::from_micros(3).unwrap() };
        let left = || -> Vec<i64> {
            let mut select = conn.prepare("SELECT at FROM samples WHERE series_id = 1 ORDER BY at").unwrap();
            select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        assert_eq!((old.remove(&conn, 1, 2), left()), (Ok(2), vec![2, 3]));
        assert_eq!((old.remove(&conn, 1, 2), left()), (Ok(1), vec![3]));
        assert_eq!((old.is_any_left(&conn, 1), old.is_any_left(&conn, 3)), (Ok(true), Ok(false)));
    }
}
