//! Prunes rollups.

use crate::series::Old;
use crate::sqlite::Error;
use rusqlite::{Connection, OptionalExtension};
use watchkeeper_domain::{Timestamp, Window};

/// The rollups of one window that start before an instant.
#[derive(Clone, Copy)]
pub(super) struct OldRollups {
    pub(super) window: Window,
    pub(super) before: Timestamp,
}

impl Old for OldRollups {
    fn remove(self, conn: &Connection, series_id: i64, room: u64) -> Result<u64, Error> {
        let (window, before) = (self.window.name(), self.before.as_micros());
        let first_kept: Option<i64> = conn
            .prepare_cached(
                "SELECT start FROM rollups WHERE series_id = ?1 AND window = ?2 AND start < ?3
                 ORDER BY start LIMIT 1 OFFSET ?4",
            )?
            .query_row((series_id, window, before, room), |row| row.get(0))
            .optional()?;
        let removed = conn
            .prepare_cached("DELETE FROM rollups WHERE series_id = ?1 AND window = ?2 AND start < ?3")?
            .execute((series_id, window, first_kept.unwrap_or(before)))?;
        Ok(removed as u64)
    }

    fn is_any_left(self, conn: &Connection, series_id: i64) -> Result<bool, Error> {
        let is_any_left = conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM rollups WHERE series_id = ?1)")?
            .query_row([series_id], |row| row.get(0))?;
        Ok(is_any_left)
    }
}

/// All rollups of all windows.
#[derive(Clone, Copy)]
pub(super) struct AllRollups;

impl Old for AllRollups {
    fn remove(self, conn: &Connection, series_id: i64, room: u64) -> Result<u64, Error> {
        let mut removed = 0;
        for window in Window::ALL {
            let all = OldRollups { window, before: Timestamp::MAX };
            removed += all.remove(conn, series_id, room - removed)?;
        }
        Ok(removed)
    }

    fn is_any_left(self, conn: &Connection, series_id: i64) -> Result<bool, Error> {
        OldRollups { window: Window::Hour, before: Timestamp::MAX }.is_any_left(conn, series_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollups::MIGRATIONS;

    #[test]
    fn the_oldest_of_the_window_go_first_and_no_more_than_there_is_room_for() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        for (window, start) in [("hour", 0), ("hour", 1), ("hour", 2), ("hour", 3), ("day", 0)] {
            conn.execute("INSERT INTO rollups VALUES (1, ?1, ?2, 0, 0, 0, 1, 0)", (window, start)).unwrap();
        }
        let old = |window| OldRollups { window, before: Timestamp::from_micros(3).unwrap() };
        let left = || -> Vec<i64> {
            let sql = "SELECT start FROM rollups WHERE series_id = 1 AND window = 'hour' ORDER BY start";
            let mut select = conn.prepare(sql).unwrap();
            select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        assert_eq!((old(Window::Hour).remove(&conn, 1, 2), left()), (Ok(2), vec![2, 3]));
        assert_eq!((old(Window::Hour).remove(&conn, 1, 2), left()), (Ok(1), vec![3]));
        conn.execute_batch("DELETE FROM rollups WHERE window = 'hour'").unwrap();
        assert_eq!(old(Window::Hour).is_any_left(&conn, 1), Ok(true), "another window counts too");
        assert_eq!(old(Window::Day).remove(&conn, 1, 2), Ok(1));
        assert_eq!(old(Window::Hour).is_any_left(&conn, 1), Ok(false));
    }
}
