//! Evaluator state of series.

use crate::database::Connection;
use crate::error::Error;
use crate::series::count;
use bytes::Bytes;
use deadpool_postgres::Transaction;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use watchkeeper_ports::{Memory, Page, TopicPartition};

const FORGET: &str = "DELETE FROM memories USING unnest($1::text[], $2::bigint[], $3::text[])
         AS empty (topic, partition, series_key)
     WHERE digest(memories.series_key) = digest(empty.series_key)
         AND memories.topic = empty.topic AND memories.partition = empty.partition";
const REMEMBER: &str = "INSERT INTO memories (topic, partition, series_key, state, pending, evaluation)
     SELECT new.*, evaluation.number
         FROM (SELECT nextval('evaluations') AS number) evaluation,
             unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::boolean[]) AS new
     ON CONFLICT (digest(series_key), topic, partition)
         DO UPDATE SET evaluation = excluded.evaluation, state = excluded.state, pending = excluded.pending";
const PAGE: &str = "SELECT series_key, state, pending FROM memories
     WHERE topic = $1 AND partition = $2 AND left(series_key, 512) >= left($3, 512) AND series_key > $3
     ORDER BY left(series_key, 512), series_key LIMIT $4";
const LAST: &str = "SELECT state FROM memories WHERE digest(series_key) = digest($1)
     ORDER BY evaluation DESC, topic DESC, partition DESC LIMIT 1";

/// The last state of each series, if a rule is pending in it.
const PENDING: &str = "SELECT series_key, state, pending FROM memories AS last
     WHERE pending AND NOT EXISTS (
         SELECT 1 FROM memories AS later WHERE digest(later.series_key) = digest(last.series_key)
             AND (later.evaluation, later.topic, later.partition) > (last.evaluation, last.topic, last.partition))
     ORDER BY left(series_key, 512), series_key LIMIT $1";

/// Replaces the state of each series; an empty state is deleted.
pub(super) async fn put(
    transaction: &Transaction<'_>,
    memories: &[(TopicPartition, Memory)],
) -> Result<(), Error> {
    // A fixed order avoids deadlocks; the last entry of one series wins.
    let last: BTreeMap<_, _> = memories
        .iter()
        .map(|(TopicPartition { topic, partition }, memory)| {
            ((memory.series_key.as_str(), topic.name(), i64::from(*partition)), memory)
        })
        .collect();
    let (empty, full): (Vec<_>, Vec<_>) = last.into_iter().partition(|(_, memory)| memory.state.is_empty());
    if !empty.is_empty() {
        let (topics, partitions, keys) = columns(&empty);
        let forget = transaction.prepare_cached(FORGET).await?;
        transaction.execute(&forget, &[&topics, &partitions, &keys]).await?;
    }
    if !full.is_empty() {
        let (topics, partitions, keys) = columns(&full);
        let states: Vec<&[u8]> = full.iter().map(|(_, memory)| &memory.state[..]).collect();
        let pending: Vec<bool> = full.iter().map(|(_, memory)| memory.pending).collect();
        let remember = transaction.prepare_cached(REMEMBER).await?;
        transaction.execute(&remember, &[&topics, &partitions, &keys, &states, &pending]).await?;
    }
    Ok(())
}

/// The owner of a state: the series' key, the topic, the partition's number.
type Owner<'a> = (&'a str, &'a str, i64);

fn columns<'a>(memories: &[(Owner<'a>, &Memory)]) -> (Vec<&'a str>, Vec<i64>, Vec<&'a str>) {
    let topics = memories.iter().map(|((_, topic, _), _)| *topic).collect();
    let partitions = memories.iter().map(|((.., partition), _)| *partition).collect();
    let keys = memories.iter().map(|((key, ..), _)| *key).collect();
    (topics, partitions, keys)
}

/// The state of the series of a partition on `page`.
pub(super) async fn page(
    connection: &Connection,
    partition: &TopicPartition,
    page: &Page,
) -> Result<Vec<Memory>, Error> {
    let (topic, number) = (partition.topic.name(), i64::from(partition.partition));
    let after = page.after.as_deref().unwrap_or_default();
    let rows = connection.query(PAGE, &[&topic, &number, &after, &count(page.limit)]).await?;
    rows.iter().map(read).collect()
}

/// The last state of each series for which a rule is pending.
pub(super) async fn pending(connection: &Connection, limit: usize) -> Result<Vec<Memory>, Error> {
    connection.query(PENDING, &[&count(limit)]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Memory, Error> {
    let state: Vec<u8> = row.try_get(1)?;
    Ok(Memory { series_key: row.try_get(0)?, state: state.into(), pending: row.try_get(2)? })
}

/// The latest state of a series, from whichever partition.
pub(super) async fn last(connection: &Connection, series_key: &str) -> Result<Option<Bytes>, Error> {
    let row = connection.query_opt(LAST, &[&series_key]).await?;
    row.map(|row| Ok(row.try_get::<_, Vec<u8>>(0)?.into())).transpose()
}
