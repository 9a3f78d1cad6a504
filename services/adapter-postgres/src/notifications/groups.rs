//! Planner state of groups of alerts.

use crate::database::Connection;
use crate::error::Error;
use deadpool_postgres::Transaction;
use std::collections::HashMap;
use tokio_postgres::Row;
use watchkeeper_ports::{AlertGroup, GroupChange};

const ALL: &str = "SELECT key, version, state FROM groups ORDER BY key";
/// Until the transaction ends, nobody else plans: versions always increase.
const ONE_PLANNER: &str = "LOCK TABLE groups IN SHARE ROW EXCLUSIVE MODE";
const VERSIONS: &str = "SELECT key, version FROM groups
     WHERE digest(key) = ANY (ARRAY(SELECT digest(wanted) FROM unnest($1::text[]) AS wanted))";
const PUT: &str = "INSERT INTO groups (key, state, version)
     SELECT new.*, plan.number FROM (SELECT nextval('plans') AS number) plan, unnest($1::text[], $2::bytea[]) AS new
     ON CONFLICT (digest(key)) DO UPDATE SET version = excluded.version, state = excluded.state";
const REMOVE: &str = "DELETE FROM groups
     WHERE digest(key) = ANY (ARRAY(SELECT digest(wanted) FROM unnest($1::text[]) AS wanted))";

pub(super) async fn all(connection: &Connection) -> Result<Vec<AlertGroup>, Error> {
    let rows = connection.query(ALL, &[]).await?;
    let group = |row: &Row| {
        let state: Vec<u8> = row.try_get(2)?;
        Ok(AlertGroup { key: row.try_get(0)?, version: version(row.try_get(1)?)?, state: state.into() })
    };
    rows.iter().map(group).collect()
}

/// Whether all groups are unchanged since the planner read them; they stay so until the transaction ends.
pub(super) async fn are_as_seen(
    transaction: &Transaction<'_>,
    changes: &[GroupChange],
) -> Result<bool, Error> {
    transaction.batch_execute(ONE_PLANNER).await?;
    let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
    let statement = transaction.prepare_cached(VERSIONS).await?;
    let rows = transaction.query(&statement, &[&keys]).await?;
    let mut versions = HashMap::new();
    for row in &rows {
        versions.insert(row.try_get::<_, &str>(0)?, version(row.try_get(1)?)?);
    }
    let is_as_seen =
        |change: &GroupChange| versions.get(change.key.as_str()).copied().unwrap_or(0) == change.expected;
    Ok(changes.iter().all(is_as_seen))
}

pub(super) async fn apply(transaction: &Transaction<'_>, changes: &[GroupChange]) -> Result<(), Error> {
    let (mut keys, mut states, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    for GroupChange { key, state, .. } in changes {
        match state {
            Some(state) => {
                keys.push(key.as_str());
                states.push(&state[..]);
            }
            None => removed.push(key.as_str()),
        }
    }
    if !keys.is_empty() {
        let put = transaction.prepare_cached(PUT).await?;
        transaction.execute(&put, &[&keys, &states]).await?;
    }
    if !removed.is_empty() {
        let remove = transaction.prepare_cached(REMOVE).await?;
        transaction.execute(&remove, &[&removed]).await?;
    }
    Ok(())
}

fn version(column: i64) -> Result<u64, Error> {
    u64::try_from(column).map_err(|_| Error::Broken(format!("a group has the version {column}")))
}
