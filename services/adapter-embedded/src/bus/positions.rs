//! Positions of groups.

use super::log::{self, Log};
use crate::sqlite::Error;
use rusqlite::{Connection, OptionalExtension};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Group, Offset, Topic};

/// Registers the group: from now on records that it has not committed are retained for it.
pub(super) fn join(conn: &Connection, topic: &Topic, group: &Group, now: Timestamp) -> Result<(), Error> {
    let log = log::find_or_create(conn, topic)?;
    conn.prepare_cached(
        "INSERT INTO positions (topic_id, group_name, next, seen_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at",
    )?
    .execute((log.id, group.name(), log.earliest, now.as_micros()))?;
    Ok(())
}

/// Commits the position of a group that has joined.
pub(super) fn commit(
    conn: &Connection,
    topic: &Topic,
    group: &Group,
    next: Offset,
    now: Timestamp,
) -> Result<(), Error> {
    let log = log::find_or_create(conn, topic)?;
    conn.prepare_cached(
        "UPDATE positions SET next = ?3, seen_at = ?4 WHERE topic_id = ?1 AND group_name = ?2",
    )?
    .execute((log.id, group.name(), next, now.as_micros()))?;
    Ok(())
}

/// Records that a group is alive.
pub(super) fn seen(conn: &Connection, topic_id: i64, group: &Group, now: Timestamp) -> Result<(), Error> {
    conn.prepare_cached("UPDATE positions SET seen_at = ?3 WHERE topic_id = ?1 AND group_name = ?2")?
        .execute((topic_id, group.name(), now.as_micros()))?;
    Ok(())
}

/// The log of a topic and where a group continues in it: at its committed position, or at the low watermark.
pub(super) fn find(conn: &Connection, topic: &Topic, group: &Group) -> Result<(Log, Offset), Error> {
    let log = log::find(conn, topic)?.unwrap_or_default();
    let committed: Option<Offset> = conn
        .prepare_cached("SELECT next FROM positions WHERE topic_id = ?1 AND group_name = ?2")?
        .query_row((log.id, group.name()), |row| row.get(0))
        .optional()?;
    let next = log.resume(committed.unwrap_or(log.earliest));
    Ok((log, next))
}

/// The lowest position of the groups seen since `since`, if there are any.
pub(super) fn lowest(conn: &Connection, topic_id: i64, since: Timestamp) -> Result<Option<Offset>, Error> {
    let lowest = conn
        .prepare_cached("SELECT min(next) FROM positions WHERE topic_id = ?1 AND seen_at >= ?2")?
        .query_row((topic_id, since.as_micros()), |row| row.get(0))?;
    Ok(lowest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::MIGRATIONS;

    #[test]
    fn a_group_joins_at_the_earliest_record_and_keeps_its_position_when_it_joins_again() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.execute_batch("INSERT INTO topics VALUES (7, 'metrics', 10, 20, 0)").unwrap();
        let (topic, group) = (Topic::METRICS, Group::named("g"));
        join(&conn, &topic, &group, Timestamp::MIN).unwrap();
        assert_eq!(find(&conn, &topic, &group).unwrap().1, 10);
        commit(&conn, &topic, &group, 15, Timestamp::MIN).unwrap();
        join(&conn, &topic, &group, Timestamp::MAX).unwrap();
        assert_eq!(find(&conn, &topic, &group).unwrap().1, 15);
        assert_eq!(lowest(&conn, 7, Timestamp::MAX).unwrap(), Some(15), "joining is a sign of life");
    }
}
