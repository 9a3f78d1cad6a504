//! Old samples out of the database, a step at a time.

use super::interning::Interning;
use crate::sqlite::Error;
use rusqlite::{Connection, OptionalExtension};
use watchkeeper_domain::Timestamp;

/// Most samples that one step removes: some ten milliseconds, in which nobody appends.
const STEP_SAMPLES: u64 = 10_000;
/// Most series that one step looks at.
const STEP_SERIES: u32 = 1_000;

/// Where the first step begins: numbers start at 1.
pub(super) const BEFORE_ALL_SERIES: i64 = 0;

/// What a step did.
pub(super) struct Step {
    /// Samples that it removed.
    pub(super) removed: u64,
    /// The series after which the next step goes on, if there is more to do.
    pub(super) go_on_after: Option<i64>,
}

/// Removes samples older than `before`, and series that have none left, of the series with a number
/// greater than `after`.
pub(super) fn step(
    conn: &Connection,
    interning: &mut Interning,
    before: Timestamp,
    mut after: i64,
) -> Result<Step, Error> {
    let mut removed = 0;
    let ids = series_after(conn, after)?;
    for &id in &ids {
        let room = STEP_SAMPLES - removed;
        let old = remove_oldest(conn, id, before, room)?;
        removed += old;
        if old == room {
            return Ok(Step { removed, go_on_after: Some(after) });
        }
        if remove_if_empty(conn, id)? {
            interning.forget();
        }
        after = id;
    }
    let more = ids.len() == STEP_SERIES as usize;
    Ok(Step { removed, go_on_after: more.then_some(after) })
}

fn series_after(conn: &Connection, after: i64) -> Result<Vec<i64>, Error> {
    let ids = conn
        .prepare_cached("SELECT id FROM series WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map((after, STEP_SERIES), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(ids)
}

/// Removes up to `limit` samples of a series that are older than `before`; gives how many.
fn remove_oldest(conn: &Connection, series_id: i64, before: Timestamp, limit: u64) -> Result<u64, Error> {
    let first_kept: Option<i64> = conn
        .prepare_cached(
            "SELECT at FROM samples WHERE series_id = ?1 AND at < ?2 ORDER BY at LIMIT 1 OFFSET ?3",
        )?
        .query_row((series_id, before.as_micros(), limit), |row| row.get(0))
        .optional()?;
    let removed = conn
        .prepare_cached("DELETE FROM samples WHERE series_id = ?1 AND at < ?2")?
        .execute((series_id, first_kept.unwrap_or(before.as_micros())))?;
    Ok(removed as u64)
}

fn remove_if_empty(conn: &Connection, series_id: i64) -> Result<bool, Error> {
    let removed = conn
        .prepare_cached(
            "DELETE FROM series WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM samples WHERE series_id = ?1)",
        )?
        .execute([series_id])?;
    Ok(removed > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;

    /// `series` series of `samples` samples each, at 0, 1, 2 … µs.
    fn database(series: u32, samples: u64) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        for id in 1..=series {
            conn.execute("INSERT INTO series VALUES (?1, ?1, '', '', '', '{}')", [id]).unwrap();
        }
        for at in 0..samples {
            conn.execute("INSERT INTO samples SELECT id, ?1, 0 FROM series", [at]).unwrap();
        }
        conn
    }

    fn count(conn: &Connection, table: &str) -> u64 {
        conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// The samples that each step removed.
    fn prune(conn: &Connection, before: i64) -> Vec<u64> {
        let (mut after, mut steps) = (Some(BEFORE_ALL_SERIES), Vec::new());
        while let Some(id) = after {
            let before = Timestamp::from_micros(before).unwrap();
            let step = step(conn, &mut Interning::default(), before, id).unwrap();
            steps.push(step.removed);
            after = step.go_on_after;
        }
        steps
    }

    #[test]
    fn a_step_removes_a_limited_number_of_samples() {
        let conn = database(3, STEP_SAMPLES);
        assert_eq!(prune(&conn, 6_000), [STEP_SAMPLES, 8_000]);
        assert_eq!(prune(&conn, 10_000), [STEP_SAMPLES, 2_000]);
        assert_eq!((count(&conn, "samples"), count(&conn, "series")), (0, 0));
    }

    #[test]
    fn a_step_looks_at_a_limited_number_of_series() {
        let conn = database(STEP_SERIES + 1, 2);
        assert_eq!(prune(&conn, 1), [u64::from(STEP_SERIES), 1]);
        assert_eq!(count(&conn, "series"), u64::from(STEP_SERIES) + 1, "each has a sample left");
    }

    #[test]
    fn a_series_that_a_full_step_has_emptied_is_removed_by_the_next() {
        let conn = database(1, STEP_SAMPLES);
        assert_eq!(prune(&conn, i64::from(u32::MAX)), [STEP_SAMPLES, 0]);
        assert_eq!(count(&conn, "series"), 0);
    }
}
