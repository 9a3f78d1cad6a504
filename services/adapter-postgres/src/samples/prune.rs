//! Prunes samples: whole days at once, the rest in steps.

use super::Samples;
use super::days::{self, Day};
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::series::{self, count};
use std::collections::BTreeSet;
use watchkeeper_domain::Timestamp;

/// Most samples that one step removes, so that nobody waits long for it.
pub(super) const STEP_ROWS: i64 = 10_000;
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
/// Name prefix of detached tables that are still to be counted and dropped.
const REMOVED: &str = "removed_";

const REMOVED_TABLES: &str = "SELECT relname::text FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND starts_with(relname, $1)
     LIMIT $2";
pub(super) const REMOVE_STEP: &str = "DELETE FROM samples USING (
         SELECT old.series_id, old.at FROM unnest($1::bigint[]) AS wanted (id)
             CROSS JOIN LATERAL (SELECT series_id, at FROM samples
                                 WHERE series_id = wanted.id AND at >= $2 AND at < $3 ORDER BY at LIMIT $4) old
         LIMIT $4) old
     WHERE samples.series_id = old.series_id AND samples.at = old.at AND samples.at >= $2 AND samples.at < $3";

impl Samples {
    /// Removes samples older than `before` and series that have none left, and creates the coming days;
    /// returns how many samples.
    pub(super) async fn remove(
        &self,
        connection: &mut Connection,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let coming: BTreeSet<_> = Day::coming(now).filter(|day| !day.is_before(before)).collect();
        // The coming days first, so that they exist even if pruning fails.
        self.days.provide(connection, coming, now).await?;
        for days in old_days(connection, before).await?.chunks(DAYS_AT_ONCE) {
            take_out(connection, days).await?;
            self.days.forget();
        }
        // Detached tables are counted and dropped separately: no query waits for that.
        let mut removed = drop_removed(connection).await?;
        removed += remove_rest(connection, before).await?;
        series::prune(connection).await?;
        Ok(removed)
    }
}

/// The days with a partition that lie before `instant`.
async fn old_days(connection: &Connection, instant: Timestamp) -> Result<Vec<Day>, Error> {
    let days = days::existing(connection).await?;
    Ok(days.into_iter().filter(|day| day.is_before(instant)).collect())
}

/// Detaches the days' partitions. That locks the table for a moment: it is tried briefly and repeatedly,
/// because everybody else queues behind the lock request.
async fn take_out(connection: &mut Connection, days: &[Day]) -> Result<(), Error> {
    let mut attempts = 1;
    loop {
        match try_take_out(connection, days).await {
            Err(Error::Unavailable(_)) if attempts < ATTEMPTS => attempts += 1,
            done => return done,
        }
    }
}

async fn try_take_out(connection: &mut Connection, days: &[Day]) -> Result<(), Error> {
    let transaction = connection.transaction().await?;
    let existing = days::existing_under_lock(&transaction).await?;
    transaction.batch_execute(LOCK_TIMEOUT).await?;
    for day in days.iter().filter(|day| existing.contains(day)) {
        transaction
            .batch_execute(&format!(
                "ALTER TABLE samples DETACH PARTITION {day};
                 DO $$ BEGIN
                     EXECUTE format('ALTER TABLE {day} RENAME TO {REMOVED}%s', '{day}'::regclass::oid);
                 END $$"
            ))
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Counts and drops detached tables, including those that an earlier call left behind.
async fn drop_removed(connection: &mut Connection) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let transaction = connection.transaction().await?;
        transaction.batch_execute(COUNT_TIMEOUT).await?;
        transaction.batch_execute(LOCK).await?;
        let tables = transaction.prepare_cached(REMOVED_TABLES).await?;
        let tables = transaction.query(&tables, &[&REMOVED, &count(DAYS_AT_ONCE)]).await?;
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

/// Removes what is older than `before` from that day.
async fn remove_rest(connection: &Connection, before: Timestamp) -> Result<u64, Error> {
    let (day, end) = (Instant(Day::of(before).start()), Instant(before));
    if day == end {
        return Ok(0);
    }
    let (mut removed, mut after) = (0, 0_i64);
    loop {
        let ids = series::numbers_after(connection, after).await?;
        let Some(&last) = ids.last() else { return Ok(removed) };
        loop {
            let step = connection.execute(REMOVE_STEP, &[&ids, &day, &end, &STEP_ROWS]).await?;
            removed += step;
            if step < STEP_ROWS.unsigned_abs() {
                break;
            }
        }
        after = last;
    }
}
