//! Stores samples.

use super::Samples;
use super::copy::{COPY, encode};
use super::rows::{Columns, Row, columns, rows};
use crate::database::Connection;
use crate::days::Day;
use crate::error::Error;
use crate::positions;
use crate::series::TooManySeries;
use deadpool_postgres::Transaction;
use futures_util::SinkExt as _;
use std::pin::pin;
use std::sync::atomic::Ordering;
use tokio_postgres::error::SqlState;
use watchkeeper_domain::limits::check_value;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{Append, Appended};

const INSERT: &str = "INSERT INTO samples (series_id, at, value, note)
     SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::double precision[], $4::text[])
     ON CONFLICT (series_id, at) DO NOTHING";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By COPY, twice as fast; fails on duplicates.
    Copy,
    /// By INSERT, which skips duplicates.
    Insert,
}

enum Stored {
    /// This many were new.
    New(u64),
    /// There was a duplicate, so COPY has stored none.
    Repeated,
}

enum Outcome {
    /// The batch is stored.
    Appended(Appended),
    /// Nothing is stored: there was a duplicate, so COPY failed.
    Repeated,
    /// Nothing is stored: the new series of some samples exceed the limit.
    TooManySeries(TooManySeries),
}

impl Samples {
    /// Commits the positions and stores the samples; the store may have `max_series` afterwards, if that is
    /// given. Tries COPY first, unless the last append had duplicates.
    pub(super) async fn store(
        &self,
        connection: &mut Connection,
        batch: &Append<Sample>,
        max_series: Option<u64>,
        now: Timestamp,
    ) -> Result<Result<Appended, TooManySeries>, Error> {
        for sample in &batch.items {
            check_value(sample.value).map_err(|violation| Error::Rejected(violation.to_string()))?;
        }
        let days = batch.items.iter().map(|sample| Day::of(sample.collected_at)).collect();
        self.days.provide(connection, days, now).await?;
        let mut way = if self.has_repeated.load(Ordering::Relaxed) { Way::Insert } else { Way::Copy };
        loop {
            match self.transact(connection, batch, max_series, way).await? {
                Outcome::Appended(appended) => {
                    self.has_repeated.store(appended.repeated > 0, Ordering::Relaxed);
                    return Ok(Ok(appended));
                }
                Outcome::Repeated => way = Way::Insert,
                Outcome::TooManySeries(left) => return Ok(Err(left)),
            }
        }
    }

    async fn transact(
        &self,
        connection: &mut Connection,
        batch: &Append<Sample>,
        max_series: Option<u64>,
        way: Way,
    ) -> Result<Outcome, Error> {
        let transaction = connection.transaction().await?;
        // First, because it locks the positions: a zombie fails here, before it writes a row.
        positions::advance(&transaction, &batch.advances).await?;
        if batch.items.is_empty() {
            transaction.commit().await?;
            return Ok(Outcome::Appended(Appended::default()));
        }
        let interned = match self.interning.intern(&transaction, &batch.items, max_series).await? {
            Ok(interned) => interned,
            Err(left) => {
                transaction.rollback().await?;
                return Ok(Outcome::TooManySeries(left));
            }
        };
        let rows = rows(&batch.items, &interned.ids);
        let stored = match way {
            Way::Copy => copy(&transaction, &rows).await,
            Way::Insert => insert(&transaction, &rows).await,
        };
        let stored = match stored.inspect_err(|error| self.forget_days(error))? {
            Stored::New(stored) => stored,
            Stored::Repeated => {
                transaction.rollback().await?;
                return Ok(Outcome::Repeated);
            }
        };
        transaction.commit().await?;
        // Only now: ids of a rolled back transaction do not exist.
        self.interning.remember(interned);
        Ok(Outcome::Appended(Appended { stored, repeated: batch.items.len() as u64 - stored }))
    }

    fn forget_days(&self, error: &Error) {
        if *error == Error::NoSuchDay {
            self.days.forget();
        }
    }
}

async fn copy(transaction: &Transaction<'_>, rows: &[Row<'_>]) -> Result<Stored, Error> {
    let statement = transaction.prepare_cached(COPY).await?;
    let mut sink = pin!(transaction.copy_in(&statement).await?);
    sink.send(encode(rows)).await?;
    match sink.finish().await {
        Ok(stored) => Ok(Stored::New(stored)),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(Stored::Repeated),
        Err(error) => Err(error.into()),
    }
}

async fn insert(transaction: &Transaction<'_>, rows: &[Row<'_>]) -> Result<Stored, Error> {
    let Columns { ids, instants, values, notes } = columns(rows);
    let insert = transaction.prepare_cached(INSERT).await?;
    Ok(Stored::New(transaction.execute(&insert, &[&ids, &instants, &values, &notes]).await?))
}
