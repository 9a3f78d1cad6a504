//! Removes whole days.

use super::{Day, Days, Table, existing, existing_under_lock};
use crate::database::Connection;
use crate::error::Error;
use crate::series::count;
use watchkeeper_domain::Timestamp;

/// Days that one transaction detaches, or counts and drops. There may be thousands, from a version that
/// accepted samples of any time.
const DAYS_AT_ONCE: usize = 20;
/// How often to try to detach days while queries use them.
const ATTEMPTS: u32 = 5;
/// How long one attempt waits for these queries; appends queue behind it meanwhile.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '1s'";
/// Counting a day's samples may take longer than any query.
const COUNT_TIMEOUT: &str = "SET LOCAL statement_timeout = '10min'";
/// Until the transaction ends, nobody else counts and drops.
const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('watchkeeper removals ' || current_schema(), 0))";
const REMOVED_TABLES: &str = "SELECT relname::text FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND starts_with(relname, $1)
     LIMIT $2";
/// Detaches the partitions of the days before `before`, and forgets these days.
pub(crate) async fn take_out(
    connection: &mut Connection,
    table: &Table,
    before: Timestamp,
    days: &Days,
) -> Result<(), Error> {
    let existing = existing(connection, table).await?;
    let old: Vec<_> = existing.into_iter().filter(|day| day.is_before(before)).collect();
    for some in old.chunks(DAYS_AT_ONCE) {
        take_out_some(connection, table, some).await?;
        days.forget();
    }
    Ok(())
}

/// Detaches the days' partitions. That locks the table for a moment: it is tried briefly and repeatedly,
/// because everybody else queues behind the lock request.
async fn take_out_some(connection: &mut Connection, table: &Table, days: &[Day]) -> Result<(), Error> {
    let mut attempts = 1;
    loop {
        match try_take_out(connection, table, days).await {
            Err(Error::Unavailable(_)) if attempts < ATTEMPTS => attempts += 1,
            done => return done,
        }
    }
}

async fn try_take_out(connection: &mut Connection, table: &Table, days: &[Day]) -> Result<(), Error> {
    let transaction = connection.transaction().await?;
    let existing = existing_under_lock(&transaction, table).await?;
    transaction.batch_execute(LOCK_TIMEOUT).await?;
    for day in days.iter().filter(|day| existing.contains(day)) {
        let (day, Table { name, removed, .. }) = (day.partition(table), table);
        transaction
            .batch_execute(&format!(
                "ALTER TABLE {name} DETACH PARTITION {day};
                 DO $$ BEGIN
                     EXECUTE format('ALTER TABLE {day} RENAME TO {removed}%s', '{day}'::regclass::oid);
                 END $$"
            ))
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Counts and drops detached tables, including those that an earlier call left behind.
pub(crate) async fn drop_removed(connection: &mut Connection, table: &Table) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let transaction = connection.transaction().await?;
        transaction.batch_execute(COUNT_TIMEOUT).await?;
        transaction.batch_execute(LOCK).await?;
        let tables = transaction.prepare_cached(REMOVED_TABLES).await?;
        let tables = transaction.query(&tables, &[&table.removed, &count(DAYS_AT_ONCE)]).await?;
        if tables.is_empty() {
            transaction.commit().await?;
            return Ok(removed);
        }
        let mut counted = 0;
        for table in &tables {
            let table: &str = table.try_get(0)?;
            let count: i64 =
                transaction.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.try_get(0)?;
            transaction.batch_execute(&format!("DROP TABLE {table}")).await?;
            counted += count.unsigned_abs();
        }
        transaction.commit().await?;
        removed += counted;
    }
}
