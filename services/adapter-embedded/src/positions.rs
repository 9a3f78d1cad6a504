//! Consumer positions, in each file that stores what was consumed.

use crate::sqlite::{Database, Error, Memory};
use rusqlite::Connection;
use watchkeeper_ports::{Advance, Group, Offset, PortError, StoredPosition, TopicId, TopicPartition};

/// The topic ID of a position stored before topics had IDs.
const WITHOUT_ID: &str = "";

/// The position of `group` in a partition of the topic with this ID.
pub(crate) async fn position<M: Memory>(
    database: &Database<M>,
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
) -> Result<StoredPosition, PortError> {
    let (asked, lies) = (group.clone(), partition.clone());
    let positions = database.read(move |conn| all(conn, &asked, &lies)).await?;
    let is_old = positions.iter().any(|(id, _)| id.as_str() == WITHOUT_ID);
    let stored = StoredPosition::among(positions, topic_id);
    if !is_old || stored.known().is_some() {
        return Ok(stored);
    }
    let (group, partition, topic_id) = (group.clone(), partition.clone(), topic_id.clone());
    database
        .write(move |conn, _| {
            adopt(conn, &group, &partition, &topic_id)?;
            find(conn, &group, &partition, &topic_id)
        })
        .await
}

/// The position, as [`position`] returns it, but ignoring one without an ID.
pub(crate) fn find(
    conn: &Connection,
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
) -> Result<StoredPosition, Error> {
    Ok(StoredPosition::among(all(conn, group, partition)?, topic_id))
}

/// All positions of `group` in a partition, each with its topic's ID.
fn all(
    conn: &Connection,
    group: &Group,
    partition: &TopicPartition,
) -> Result<Vec<(TopicId, Offset)>, Error> {
    let positions = conn
        .prepare_cached(
            "SELECT topic_id, next FROM positions WHERE group_name = ?1 AND topic = ?2 AND partition = ?3",
        )?
        .query_map((group.name(), partition.topic.name(), partition.partition), |row| {
            Ok((TopicId::new(row.get::<_, String>(0)?), row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(positions)
}

/// Gives a position without an ID that of a topic, unless the topic has one.
pub(crate) fn adopt(
    conn: &Connection,
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
) -> Result<(), Error> {
    conn.prepare_cached(
        "UPDATE OR IGNORE positions SET topic_id = ?4
         WHERE group_name = ?1 AND topic = ?2 AND partition = ?3 AND topic_id = ?5",
    )?
    .execute((
        group.name(),
        partition.topic.name(),
        partition.partition,
        topic_id.as_str(),
        WITHOUT_ID,
    ))?;
    Ok(())
}

/// Moves a position, if it is the expected one.
pub(crate) fn advance(conn: &Connection, advance: &Advance) -> Result<(), Error> {
    let Advance { group, partition, topic_id, next, .. } = advance;
    advance.check(find(conn, group, partition, topic_id)?.next())?;
    put(conn, group, partition, topic_id, *next)
}

/// Writes a position unconditionally.
pub(crate) fn put(
    conn: &Connection,
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
    next: Offset,
) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO positions (group_name, topic, partition, topic_id, next) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET next = excluded.next",
    )?
    .execute((group.name(), partition.topic.name(), partition.partition, topic_id.as_str(), next))?;
    Ok(())
}
