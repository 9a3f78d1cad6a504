//! How far each consumer has come in storing what it consumes, in each file that keeps what is consumed.

use crate::sqlite::Error;
use rusqlite::{Connection, OptionalExtension};
use watchkeeper_ports::{Advance, Group, Offset, TopicPartition};

/// The position of `group`, if it was ever moved.
pub(crate) fn find(
    conn: &Connection,
    group: &Group,
    partition: &TopicPartition,
) -> Result<Option<Offset>, Error> {
    let next = conn
        .prepare_cached("SELECT next FROM positions WHERE group_name = ?1 AND topic = ?2 AND partition = ?3")?
        .query_row((group.name(), partition.topic.name(), partition.partition), |row| row.get(0))
        .optional()?;
    Ok(next)
}

/// Moves a position, if it is where it is expected to be.
pub(crate) fn advance(conn: &Connection, advance: &Advance) -> Result<(), Error> {
    let Advance { group, partition, expected, next } = advance;
    let found = find(conn, group, partition)?.unwrap_or(0);
    if found != *expected {
        return Err(Error::PositionMoved(advance.clone(), found));
    }
    conn.prepare_cached(
        "INSERT INTO positions (group_name, topic, partition, next) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET next = excluded.next",
    )?
    .execute((group.name(), partition.topic.name(), partition.partition, next))?;
    Ok(())
}
