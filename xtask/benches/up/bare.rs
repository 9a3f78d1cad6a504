//! The ceiling: SQLite with nothing around it.

use crate::load::Load;
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::{Duration, Instant};

/// The insertion order within a transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// As sent.
    Sent,
    /// By series and instant, as in the table.
    Table,
}

/// Inserts the rows of each body in one transaction, as durably as the store does.
pub(crate) fn insert(file: &Path, load: &Load, order: Order) -> anyhow::Result<Duration> {
    let mut connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE samples (series_id INTEGER, at INTEGER, value REAL, PRIMARY KEY (series_id, at)) WITHOUT ROWID",
    )?;
    let batches: Vec<Vec<_>> = (0..load.batches).map(|number| load.rows(number).collect()).collect();
    let started = Instant::now();
    for mut rows in batches {
        if matches!(order, Order::Table) {
            rows.sort_unstable_by_key(|row| (row.series, row.at));
        }
        let transaction = connection.transaction()?;
        let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO samples VALUES (?, ?, ?)")?;
        for row in rows {
            insert.execute(params![row.series, row.at, row.value])?;
        }
        drop(insert);
        transaction.commit()?;
    }
    Ok(started.elapsed())
}
