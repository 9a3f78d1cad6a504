//! Runs the statements of a search, as long as there is time.

use super::filter::{Bounds, Numbers, Params, bounds};
use super::names::Origins;
use crate::database::Connection;
use crate::days::{self, EVENTS};
use crate::error::Error;
use futures_util::TryStreamExt as _;
use std::ops::{ControlFlow, Range};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use watchkeeper_domain::{EventFilter, Timestamp};
use watchkeeper_ports::SEARCH_WITHIN;

/// How often the time is looked at, in rows.
const LOOK_EVERY: usize = 256;

/// Other than samples, events are found by bitmaps too, and a page may need to be sorted.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL enable_bitmapscan = on; SET LOCAL enable_sort = on; ";

/// What is searched for, and where.
pub(super) struct Sought<'f> {
    pub(super) filter: &'f EventFilter,
    pub(super) bounds: Bounds,
    /// The parameters of the bounds.
    pub(super) params: Params,
    /// The part of the range in which there are days with events.
    pub(super) time: Range<Timestamp>,
}

impl<'f> Sought<'f> {
    /// The parameters of the filter follow `others`.
    pub(super) async fn of(
        connection: &Connection,
        origins: Origins<'_>,
        filter: &'f EventFilter,
        time: Range<Timestamp>,
        others: usize,
    ) -> Result<Self, Error> {
        // Both at once: the server has the second question before it has answered the first.
        let (numbers, time) = tokio::try_join!(
            Numbers::find(connection, origins, filter.condition()),
            existing(connection, time)
        )?;
        let mut params = Params::after(others);
        let bounds = bounds(filter.condition(), &numbers, &mut params);
        Ok(Self { filter, bounds, params, time })
    }
}

/// A range of no more days is searched as it is: slices grow through it in a few steps.
const FEW_DAYS: Duration = Duration::from_secs(32 * 24 * 60 * 60);

/// The part of a range in which there are days with events.
pub(super) async fn existing(
    connection: &Connection,
    time: Range<Timestamp>,
) -> Result<Range<Timestamp>, Error> {
    if time.end <= time.start.plus(FEW_DAYS) {
        return Ok(time);
    }
    let days = days::existing(connection, &EVENTS).await?;
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(time.start..time.start) };
    // The last day that is possible has no next one.
    let end = if last.next() == *last { time.end } else { last.next().start() };
    Ok(time.start.max(first.start())..time.end.min(end))
}

/// How a statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// There are no more rows.
    Complete,
    /// No more were wanted.
    Stopped,
    /// There is no time left.
    OutOfTime,
}

/// A search: a transaction that changes nothing.
pub(super) struct Search<'c> {
    connection: &'c Connection,
    until: Instant,
    has_begun: AtomicBool,
}

impl<'c> Search<'c> {
    /// Begins now.
    pub(super) fn begin(connection: &'c Connection) -> Self {
        Self { connection, until: Instant::now() + SEARCH_WITHIN, has_begun: AtomicBool::new(false) }
    }

    /// Calls `each` for the rows of a statement. After [`Ended::OutOfTime`] there is no other.
    pub(super) async fn rows(
        &self,
        sql: &str,
        params: Vec<(&(dyn ToSql + Sync), Type)>,
        mut each: impl FnMut(&Row) -> Result<ControlFlow<()>, Error>,
    ) -> Result<Ended, Error> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left < Duration::from_millis(1) {
            return Ok(Ended::OutOfTime);
        }
        let begin = if self.has_begun.swap(true, Ordering::Relaxed) { "" } else { BEGIN };
        let settings = format!("{begin}SET LOCAL statement_timeout = {}", left.as_millis());
        // Both at once, in this order.
        let (limited, rows) =
            tokio::join!(biased; self.connection.batch(&settings), self.connection.query_typed(sql, params));
        limited?;
        let mut rows = match rows {
            Ok(rows) => pin!(rows),
            Err(error) => return out_of_time(error),
        };
        let mut seen = 0;
        loop {
            match rows.try_next().await {
                Ok(None) => return Ok(Ended::Complete),
                Ok(Some(row)) => {
                    if each(&row)?.is_break() {
                        return Ok(Ended::Stopped);
                    }
                }
                Err(error) => return out_of_time(error),
            }
            seen += 1;
            if seen % LOOK_EVERY == 0 && Instant::now() >= self.until {
                return Ok(Ended::OutOfTime);
            }
        }
    }
}

/// Whatever comes next on the connection comes after the end of the transaction.
impl Drop for Search<'_> {
    fn drop(&mut self) {
        if self.has_begun.load(Ordering::Relaxed) {
            self.connection.send("ROLLBACK");
        }
    }
}

/// The server ends a statement for which there is no time.
fn out_of_time(error: tokio_postgres::Error) -> Result<Ended, Error> {
    if error.code() == Some(&SqlState::QUERY_CANCELED) { Ok(Ended::OutOfTime) } else { Err(error.into()) }
}
