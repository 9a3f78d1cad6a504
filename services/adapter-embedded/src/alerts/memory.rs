//! Evaluator state of series.

use super::counter::Counter;
use crate::sqlite::Error;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row};
use watchkeeper_ports::{Memory, Page, TopicPartition};

/// The state of the series of a partition, by key.
const BY_KEY: &str = "SELECT series_key, state, pending FROM memories
     WHERE topic = ?1 AND partition = ?2 AND series_key > ?3 ORDER BY series_key LIMIT ?4";
/// The states of a series, latest first.
const LAST_FIRST: &str =
    "SELECT state FROM memories WHERE series_key = ?1 ORDER BY evaluation DESC, topic DESC, partition DESC";

/// The last state of each series, if a rule is pending in it.
const PENDING: &str = "SELECT series_key, state, pending FROM memories AS last
     WHERE pending = 1 AND NOT EXISTS (
         SELECT 1 FROM memories AS later WHERE later.series_key = last.series_key
             AND (later.evaluation, later.topic, later.partition) > (last.evaluation, last.topic, last.partition))
     ORDER BY series_key LIMIT ?1";

/// Replaces the state of each series; an empty state is deleted.
pub(super) fn put(conn: &Connection, memories: &[(TopicPartition, Memory)]) -> Result<(), Error> {
    if memories.is_empty() {
        return Ok(());
    }
    let evaluation = Counter::Evaluations.next(conn)?;
    // In the order of the B-tree, so that each page is visited once. Stable, so that of two entries of one
    // series the last wins.
    let mut in_order: Vec<_> = memories.iter().collect();
    in_order.sort_by_key(|(partition, memory)| (partition, &memory.series_key));
    let mut forget =
        conn.prepare_cached("DELETE FROM memories WHERE topic = ?1 AND partition = ?2 AND series_key = ?3")?;
    let mut remember = conn.prepare_cached(
        "INSERT INTO memories (topic, partition, series_key, evaluation, state, pending)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET
             evaluation = excluded.evaluation, state = excluded.state, pending = excluded.pending",
    )?;
    for (TopicPartition { topic, partition }, Memory { series_key, state, pending }) in in_order {
        if state.is_empty() {
            forget.execute((topic.name(), partition, series_key))?;
        } else {
            remember.execute((topic.name(), partition, series_key, evaluation, &state[..], pending))?;
        }
    }
    Ok(())
}

/// The state of the series of a partition on `page`.
pub(super) fn page(conn: &Connection, partition: &TopicPartition, page: &Page) -> Result<Vec<Memory>, Error> {
    let after = page.after.as_deref().unwrap_or_default();
    let memories = conn
        .prepare_cached(BY_KEY)?
        .query_map((partition.topic.name(), partition.partition, after, page.limit), read)?
        .collect::<Result<_, _>>()?;
    Ok(memories)
}

/// The last state of each series for which a rule is pending.
pub(super) fn pending(conn: &Connection, limit: usize) -> Result<Vec<Memory>, Error> {
    let memories = conn.prepare_cached(PENDING)?.query_map([limit], read)?.collect::<Result<_, _>>()?;
    Ok(memories)
}

fn read(row: &Row<'_>) -> Result<Memory, rusqlite::Error> {
    let state = Bytes::from(row.get::<_, Vec<u8>>(1)?);
    Ok(Memory { series_key: row.get(0)?, state, pending: row.get(2)? })
}

/// The latest state of a series, from whichever partition.
pub(super) fn last(conn: &Connection, series_key: &str) -> Result<Option<Bytes>, Error> {
    let state: Option<Vec<u8>> =
        conn.prepare_cached(LAST_FIRST)?.query_row([series_key], |row| row.get(0)).optional()?;
    Ok(state.map(Bytes::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::MIGRATIONS;
    use crate::sqlite::plan;

    #[test]
    fn a_page_and_a_series_are_found_without_a_look_at_the_others() {
        let conn = Connection::open_in_memory().unwrap();
        for step in MIGRATIONS {
            conn.execute_batch(step).unwrap();
        }
        assert_eq!(
            plan(&conn, BY_KEY),
            ["SEARCH memories USING PRIMARY KEY (topic=? AND partition=? AND series_key>?)"]
        );
        assert_eq!(
            plan(&conn, LAST_FIRST),
            ["SEARCH memories USING INDEX memories_by_series (series_key=?)", "USE TEMP B-TREE FOR ORDER BY"]
        );
        let pending = plan(&conn, PENDING);
        assert_eq!(pending[0], "SCAN last USING INDEX memories_pending", "{pending:?}");
        assert!(pending.iter().all(|step| !step.contains("SCAN later")), "{pending:?}");
    }
}
