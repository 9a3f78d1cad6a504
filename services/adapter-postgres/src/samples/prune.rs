//! Old samples out of the database: whole days at once, the rest in steps.

use super::Samples;
use super::days::{self, Day};
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::series::{self, count};
use std::collections::BTreeSet;
use watchkeeper_domain::Timestamp;

/// Most samples that one step removes, in which nobody waits for it.
const STEP_ROWS: i64 = 10_000;
/// Days that one transaction takes out of the table, or counts and drops. There may be thousands, of a version that
/// took samples of any time.
const DAYS_AT_ONCE: usize = 20;
/// How often days are tried to be taken out of the table while questions hold them.
const ATTEMPTS: u32 = 5;
/// How long one attempt waits for these questions; appends wait behind it meanwhile.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '1s'";
/// Counting a day's samples may take longer than any question.
const COUNT_TIMEOUT: &str = "SET LOCAL statement_timeout = '10min'";
/// Until the transaction ends, nobody else counts and drops.
const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('watchkeeper removals ' || current_schema(), 0))";
/// What the name of a table begins with that was taken out and is still to be counted and dropped.
const REMOVED: &str = "removed_";

const REMOVED_TABLES: &str = "SELECT relname::text FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND starts_with(relname, $1)
     LIMIT $2";
const REMOVE_STEP: &str = "DELETE FROM samples USING (
         SELECT old.series_id, old.at FROM unnest($1::bigint[]) AS wanted (id)
             CROSS JOIN LATERAL (SELECT series_id, at FROM samples
                                 WHERE series_id = wanted.id AND at >= $2 AND at < $3 ORDER BY at LIMIT $4) old
         LIMIT $4) old
     WHERE samples.series_id = old.series_id AND samples.at = old.at AND samples.at >= $2 AND samples.at < $3";

impl Samples {
    /// Removes the samples older than `before` and series that have none left, and makes the days that come;
    /// gives how many samples.
    pub(super) async fn remove(
        &self,
        connection: &mut Connection,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let coming: BTreeSet<_> = Day::coming(now).filter(|day| !day.is_before(before)).collect();
        self.days.provide(connection, coming, now).await?;
        for days in old_days(connection, before).await?.chunks(DAYS_AT_ONCE) {
            take_out(connection, days).await?;
            self.days.forget();
        }
        let mut removed = drop_removed(connection).await?;
        removed += remove_rest(connection, before).await?;
        series::prune(connection).await?;
        Ok(removed)
    }
}

/// The days that have a partition and lie before `instant`.
async fn old_days(connection: &Connection, instant: Timestamp) -> Result<Vec<Day>, Error> {
    let days = days::existing(connection).await?;
    Ok(days.into_iter().filter(|day| day.is_before(instant)).collect())
}

/// Takes the days' partitions out of the table. That needs the table for a moment: it is tried for a short
/// time, again and again, because everybody else waits behind who waits for it.
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

/// Counts and drops the tables that were taken out, also those that somebody left behind.
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

/// Removes what is older than `before` of the day in which that lies.
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
