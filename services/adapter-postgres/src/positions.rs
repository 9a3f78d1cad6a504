//! How far each consumer has come in storing what it consumes.

use crate::database::Connection;
use crate::error::Error;
use deadpool_postgres::Transaction;
use watchkeeper_ports::{Advance, Group, Offset, TopicPartition};

const FIND: &str = "SELECT next FROM positions WHERE group_name = $1 AND topic = $2 AND partition = $3";
/// Moves a position that was moved before.
const MOVE: &str = "UPDATE positions SET next = $5
     WHERE group_name = $1 AND topic = $2 AND partition = $3 AND next = $4";
/// Moves a position that may never have been moved, and is 0 in both cases.
const BEGIN: &str =
    "INSERT INTO positions AS known (group_name, topic, partition, next) VALUES ($1, $2, $3, $5)
     ON CONFLICT (group_name, topic, partition) DO UPDATE SET next = excluded.next WHERE known.next = $4";

/// The position of `group`, if it was ever moved.
pub(crate) async fn find(
    connection: &Connection,
    group: &Group,
    partition: &TopicPartition,
) -> Result<Option<Offset>, Error> {
    let number = i64::from(partition.partition);
    let row = connection.query_opt(FIND, &[&group.name(), &partition.topic.name(), &number]).await?;
    row.map(|row| offset(row.try_get(0)?)).transpose()
}

/// Moves positions, if each is where it is expected to be. Until the transaction ends nobody else moves
/// them: a zombie waits, and finds them moved.
pub(crate) async fn advance(transaction: &Transaction<'_>, advances: &[Advance]) -> Result<(), Error> {
    let mut in_order: Vec<_> = advances.iter().collect();
    // So that no two transactions wait for each other.
    in_order.sort_by_key(|advance| (&advance.group, &advance.partition));
    for advance in in_order {
        let Advance { group, partition, expected, next } = advance;
        let number = i64::from(partition.partition);
        let statement = transaction.prepare_cached(if *expected == 0 { BEGIN } else { MOVE }).await?;
        let moved = transaction
            .execute(
                &statement,
                &[&group.name(), &partition.topic.name(), &number, &column(*expected)?, &column(*next)?],
            )
            .await?;
        if moved == 0 {
            let find = transaction.prepare_cached(FIND).await?;
            let found =
                transaction.query_opt(&find, &[&group.name(), &partition.topic.name(), &number]).await?;
            let found = found.map(|row| offset(row.try_get(0)?)).transpose()?.unwrap_or(0);
            return Err(Error::PositionMoved(advance.clone(), found));
        }
    }
    Ok(())
}

fn column(offset: Offset) -> Result<i64, Error> {
    i64::try_from(offset).map_err(|_| Error::Rejected(format!("position: {offset} is past {}", i64::MAX)))
}

fn offset(column: i64) -> Result<Offset, Error> {
    Offset::try_from(column).map_err(|_| Error::Broken(format!("a position is {column}")))
}
