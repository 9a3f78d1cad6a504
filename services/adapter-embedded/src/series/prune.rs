//! Prunes old rows from a file, series by series, in steps.

use super::Interning;
use crate::sqlite::{Database, Error};
use rusqlite::Connection;
use watchkeeper_ports::PortError;

/// Most rows that one step removes: some ten milliseconds, during which nobody else writes.
pub(super) const STEP_ROWS: u64 = 10_000;
/// Most series that one step examines.
pub(super) const STEP_SERIES: u32 = 1_000;

/// Where the first step begins: ids start at 1.
const BEFORE_ALL_SERIES: i64 = 0;

/// Which rows of a series are old.
pub(crate) trait Old: Copy + Send + 'static {
    /// Removes old rows, at most `room` of them; returns how many.
    fn remove(self, conn: &Connection, series_id: i64, room: u64) -> Result<u64, Error>;

    /// Whether the series has any rows left.
    fn is_any_left(self, conn: &Connection, series_id: i64) -> Result<bool, Error>;
}

/// Removes old rows, and series that have none left; returns how many rows. Others write meanwhile.
pub(crate) async fn prune(database: &Database<Interning>, old: impl Old) -> Result<u64, PortError> {
    let (mut removed, mut after) = (0, Some(BEFORE_ALL_SERIES));
    while let Some(id) = after {
        let step = database.write(move |conn, interning| step(conn, interning, old, id)).await?;
        removed += step.removed;
        after = step.go_on_after;
    }
    Ok(removed)
}

struct Step {
    removed: u64,
    /// The series after which the next step continues, if there is more to do.
    go_on_after: Option<i64>,
}

/// Prunes series with ids greater than `after`, until one step's work is done.
fn step(conn: &Connection, interning: &mut Interning, old: impl Old, mut after: i64) -> Result<Step, Error> {
    let mut removed = 0;
    let ids = series_after(conn, after)?;
    for &id in &ids {
        let room = STEP_ROWS - removed;
        let removed_of_series = old.remove(conn, id, room)?;
        removed += removed_of_series;
        if removed_of_series == room {
            return Ok(Step { removed, go_on_after: Some(after) });
        }
        if !old.is_any_left(conn, id)? {
            remove_series(conn, interning, id)?;
        }
        after = id;
    }
    let more = ids.len() == STEP_SERIES as usize;
    Ok(Step { removed, go_on_after: more.then_some(after) })
}

/// Removes a series that has no rows left.
pub(super) fn remove_series(conn: &Connection, interning: &mut Interning, id: i64) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM series WHERE id = ?1")?.execute([id])?;
    interning.removed_one();
    Ok(())
}

fn series_after(conn: &Connection, after: i64) -> Result<Vec<i64>, Error> {
    let ids = conn
        .prepare_cached("SELECT id FROM series WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map((after, STEP_SERIES), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each series has as many old rows as its column says, and that many others.
    #[derive(Clone, Copy)]
    struct Columns;

    impl Old for Columns {
        fn remove(self, conn: &Connection, series_id: i64, room: u64) -> Result<u64, Error> {
            let old: u64 = count(conn, &format!("SELECT old FROM counts WHERE series_id = {series_id}"));
            let removed = old.min(room);
            conn.execute("UPDATE counts SET old = old - ?2 WHERE series_id = ?1", (series_id, removed))?;
            Ok(removed)
        }

        fn is_any_left(self, conn: &Connection, series_id: i64) -> Result<bool, Error> {
            let left = format!("SELECT old + young FROM counts WHERE series_id = {series_id}");
            Ok(count(conn, &left) > 0)
        }
    }

    fn count(conn: &Connection, sql: &str) -> u64 {
        conn.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// `series` series of which each has so many rows that are old, and that are not.
    fn database(series: u32, old: u64, young: u64) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("schema.sql")).unwrap();
        conn.execute_batch("CREATE TABLE counts (series_id INTEGER PRIMARY KEY, old, young)").unwrap();
        for id in 1..=series {
            conn.execute("INSERT INTO series VALUES (?1, ?1, '', '', '', '{}')", [id]).unwrap();
            conn.execute("INSERT INTO counts VALUES (?1, ?2, ?3)", (id, old, young)).unwrap();
        }
        conn
    }

    fn series_left(conn: &Connection) -> u64 {
        count(conn, "SELECT count(*) FROM series")
    }

    /// The rows that each step removed.
    fn steps(conn: &Connection) -> Vec<u64> {
        let (mut after, mut steps) = (Some(BEFORE_ALL_SERIES), Vec::new());
        while let Some(id) = after {
            let step = step(conn, &mut Interning::default(), Columns, id).unwrap();
            steps.push(step.removed);
            after = step.go_on_after;
        }
        steps
    }

    #[test]
    fn a_step_removes_a_limited_number_of_rows() {
        let conn = database(3, 6_000, 1);
        assert_eq!(steps(&conn), [STEP_ROWS, 8_000]);
        assert_eq!(series_left(&conn), 3);
    }

    #[test]
    fn a_step_looks_at_a_limited_number_of_series() {
        let conn = database(STEP_SERIES + 1, 1, 1);
        assert_eq!(steps(&conn), [u64::from(STEP_SERIES), 1]);
        assert_eq!(series_left(&conn), u64::from(STEP_SERIES) + 1);
    }

    #[test]
    fn a_series_that_a_full_step_has_emptied_is_removed_by_the_next() {
        let conn = database(1, STEP_ROWS, 0);
        assert_eq!(steps(&conn), [STEP_ROWS, 0]);
        assert_eq!(series_left(&conn), 0);
    }
}
