//! Epochs of partitions, stored among the positions.

use crate::database::Connection;
use crate::error::Error;
use crate::positions::{adopt, offset};
use deadpool_postgres::Transaction;
use tokio_postgres::types::ToSql;
use watchkeeper_ports::{Epoch, Group, TopicId, TopicPartition};

/// The group name under which they are stored there, as earlier versions did that had no other place for
/// them.
const GROUP: &str = "notifier assignments";
const BEGIN: &str =
    "INSERT INTO positions AS known (group_name, topic, partition, topic_id, next) VALUES ($1, $2, $3, $4, 1)
     ON CONFLICT (group_name, topic, partition, topic_id) DO UPDATE SET next = known.next + 1
     RETURNING next";
/// Locks the epoch until the transaction ends.
const CURRENT: &str = "SELECT next FROM positions
     WHERE group_name = $1 AND topic = $2 AND partition = $3 AND topic_id = $4 FOR SHARE";

pub(super) async fn take_over(
    connection: &Connection,
    partition: &TopicPartition,
    topic_id: &TopicId,
) -> Result<Epoch, Error> {
    adopt(connection, &Group::named(GROUP), partition, topic_id).await?;
    let number = i64::from(partition.partition);
    let key: [&(dyn ToSql + Sync); 4] = [&GROUP, &partition.topic.name(), &number, &topic_id.as_str()];
    let begun = connection.query(BEGIN, &key).await?.pop();
    let begun = begun.ok_or_else(|| Error::Broken("an epoch that was begun is missing".into()))?;
    let number = offset(begun.try_get(0)?)?;
    Ok(Epoch { partition: partition.clone(), topic_id: topic_id.clone(), number })
}

/// Checks that no later epochs have begun.
pub(super) async fn check(transaction: &Transaction<'_>, epochs: &[Epoch]) -> Result<(), Error> {
    let current = transaction.prepare_cached(CURRENT).await?;
    for epoch in epochs {
        let Epoch { partition, topic_id, .. } = epoch;
        let number = i64::from(partition.partition);
        let key: [&(dyn ToSql + Sync); 4] = [&GROUP, &partition.topic.name(), &number, &topic_id.as_str()];
        let found = transaction.query_opt(&current, &key).await?;
        let found = found.map_or(Ok(0), |row| offset(row.try_get(0)?))?;
        epoch.check(found)?;
    }
    Ok(())
}
