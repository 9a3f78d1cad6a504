//! Consumer positions.

use crate::database::Connection;
use crate::error::Error;
use deadpool_postgres::Transaction;
use futures_util::future::{try_join, try_join_all};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use watchkeeper_ports::{Advance, Group, Offset, StoredPosition, TopicId, TopicPartition};

/// The topic ID of a position stored before topics had IDs.
const WITHOUT_ID: &str = "";

const FIND: &str =
    "SELECT topic_id, next FROM positions WHERE group_name = $1 AND topic = $2 AND partition = $3";
const ADOPT: &str = "UPDATE positions SET topic_id = $4
     WHERE group_name = $1 AND topic = $2 AND partition = $3 AND topic_id = $5 AND NOT EXISTS (
         SELECT 1 FROM positions WHERE group_name = $1 AND topic = $2 AND partition = $3 AND topic_id = $4)";
/// Updates an existing position.
const MOVE: &str = "UPDATE positions SET next = $6
     WHERE group_name = $1 AND topic = $2 AND partition = $3 AND topic_id = $4 AND next = $5";
/// Updates a position that may not exist; it counts as 0 then.
const BEGIN: &str =
    "INSERT INTO positions AS known (group_name, topic, partition, topic_id, next) VALUES ($1, $2, $3, $4, $6)
     ON CONFLICT (group_name, topic, partition, topic_id)
         DO UPDATE SET next = excluded.next WHERE known.next = $5";

/// The position of `group` in a partition of the topic with this ID.
pub(crate) async fn find(
    connection: &Connection,
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
) -> Result<StoredPosition, Error> {
    let number = i64::from(partition.partition);
    let asked: [&(dyn ToSql + Sync); 3] = [&group.name(), &partition.topic.name(), &number];
    let positions = read(&connection.query(FIND, &asked).await?)?;
    let is_old = positions.iter().any(|(id, _)| id.as_str() == WITHOUT_ID);
    let stored = StoredPosition::among(positions, topic_id);
    if !is_old || stored.known().is_some() {
        return Ok(stored);
    }
    adopt(connection, group, partition, topic_id).await?;
    Ok(StoredPosition::among(read(&connection.query(FIND, &asked).await?)?, topic_id))
}

/// Gives a position without an ID that of a topic, unless the topic has one.
pub(crate) async fn adopt(
    connection: &Connection,
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
) -> Result<(), Error> {
    let number = i64::from(partition.partition);
    let adopted: [&(dyn ToSql + Sync); 5] =
        [&group.name(), &partition.topic.name(), &number, &topic_id.as_str(), &WITHOUT_ID];
    connection.execute(ADOPT, &adopted).await?;
    Ok(())
}

/// Positions, each with its topic's ID.
fn read(rows: &[Row]) -> Result<Vec<(TopicId, Offset)>, Error> {
    rows.iter()
        .map(|row| Ok((TopicId::new(row.try_get::<_, String>(0)?), offset(row.try_get(1)?)?)))
        .collect()
}

/// Moves positions, if each is the expected one, in one flight. They stay locked until the transaction ends: a zombie
/// waits, and then finds them moved.
pub(crate) async fn advance(transaction: &Transaction<'_>, advances: &[Advance]) -> Result<(), Error> {
    let mut in_order: Vec<_> = advances.iter().collect();
    // A fixed order avoids deadlocks. The futures are polled, and so the statements are sent, in it.
    in_order.sort_by_key(|advance| (&advance.group, &advance.partition));
    let (begin, step) = try_join(transaction.prepare_cached(BEGIN), transaction.prepare_cached(MOVE)).await?;
    let moving = in_order.into_iter().map(|advance| {
        let statement = if advance.expected.unwrap_or(0) == 0 { &begin } else { &step };
        advance_one(transaction, statement, advance)
    });
    try_join_all(moving).await?;
    Ok(())
}

async fn advance_one(
    transaction: &Transaction<'_>,
    statement: &Statement,
    advance: &Advance,
) -> Result<(), Error> {
    let Advance { group, partition, topic_id, expected, next } = advance;
    let number = i64::from(partition.partition);
    let (from, to) = (column(expected.unwrap_or(0))?, column(*next)?);
    let moved: [&(dyn ToSql + Sync); 6] =
        [&group.name(), &partition.topic.name(), &number, &topic_id.as_str(), &from, &to];
    if transaction.execute(statement, &moved).await? > 0 {
        return Ok(());
    }
    let find = transaction.prepare_cached(FIND).await?;
    let rows = transaction.query(&find, &moved[..3]).await?;
    Err(advance.moved(StoredPosition::among(read(&rows)?, topic_id).next()).into())
}

fn column(offset: Offset) -> Result<i64, Error> {
    i64::try_from(offset).map_err(|_| Error::Rejected(format!("position: {offset} is past {}", i64::MAX)))
}

pub(crate) fn offset(column: i64) -> Result<Offset, Error> {
    Offset::try_from(column).map_err(|_| Error::Broken(format!("a position is {column}")))
}
