//! Prunes events: whole days at once, the rest in steps.

use super::Events;
use crate::database::Connection;
use crate::days::{self, Day, EVENTS, drop_removed, take_out};
use crate::error::Error;
use crate::instant::Instant;
use crate::series::count;
use std::collections::BTreeSet;
use std::ops::Range;
use watchkeeper_domain::{Level, Timestamp};

/// Most rows that one step removes, so that nobody waits long for it.
const STEP_ROWS: usize = 10_000;

/// Removes the oldest rows of a range; the next step begins where this one ended.
const STEP: &str = "WITH gone AS (
         DELETE FROM event_rows e USING (
             SELECT at, id FROM event_rows
             WHERE at >= $1 AND at < $2 AND ($3::integer IS NULL OR service_id = $3)
                 AND ($4::smallint IS NULL OR level <= $4)
             ORDER BY at LIMIT $5) old
         WHERE e.at = old.at AND e.id = old.id AND e.at >= $1 AND e.at < $2 RETURNING e.at)
     SELECT count(*), max(at) FROM gone";
const MINUTES_STEP: &str = "DELETE FROM event_minutes USING (
         SELECT minute, key FROM event_minutes WHERE minute < $1 ORDER BY minute LIMIT $2) old
     WHERE event_minutes.minute = old.minute AND event_minutes.key = old.key";
const IDS_STEP: &str = "DELETE FROM event_ids
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_ids WHERE at < $1 LIMIT $2)) AND at < $1";

impl Events {
    /// Removes events, given ids and counts older than `before`, and creates the coming days; returns how many events.
    pub(super) async fn remove(
        &self,
        connection: &mut Connection,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let coming: BTreeSet<_> = Day::coming(now).filter(|day| !day.is_before(before)).collect();
        // The coming days first, so that they exist even if pruning fails.
        self.days.provide(connection, coming, now).await?;
        take_out(connection, &EVENTS, before, &self.days).await?;
        // Detached tables are counted and dropped separately: no query waits for that.
        let mut removed = drop_removed(connection, &EVENTS).await?;
        removed += range(connection, Day::of(before).start()..before, None, None).await?;
        for step in [MINUTES_STEP, IDS_STEP] {
            repeat(connection, step, before).await?;
        }
        Ok(removed)
    }
}

/// Removes events of a service, up to a level, older than `before`, day by day; returns how many.
pub(super) async fn some(
    connection: &mut Connection,
    service: Option<&str>,
    up_to: Option<Level>,
    before: Timestamp,
) -> Result<u64, Error> {
    let service = match service {
        None => None,
        Some(name) => match super::names::number(connection, super::names::SERVICES, name).await? {
            None => return Ok(0),
            known => known,
        },
    };
    let up_to = up_to.map(|level| i16::from(level.number()));
    let mut removed = 0;
    for day in days::existing(connection, &EVENTS).await? {
        let end = if day.is_before(before) { day.next().start() } else { before };
        removed += range(connection, day.start()..end, service, up_to).await?;
    }
    Ok(removed)
}

async fn range(
    connection: &Connection,
    time: Range<Timestamp>,
    service: Option<i32>,
    up_to: Option<i16>,
) -> Result<u64, Error> {
    let (mut from, to, most) = (Instant(time.start), Instant(time.end), count(STEP_ROWS));
    let mut removed = 0;
    if time.is_empty() {
        return Ok(0);
    }
    loop {
        let Some(row) = connection.query_opt(STEP, &[&from, &to, &service, &up_to, &most]).await? else {
            return Ok(removed);
        };
        let (rows, last): (i64, Option<Instant>) = (row.try_get(0)?, row.try_get(1)?);
        removed += rows.unsigned_abs();
        match last {
            Some(last) if rows >= most => from = last,
            _ => return Ok(removed),
        }
    }
}

/// Repeats a step until it has removed all that is older than `before`.
async fn repeat(connection: &Connection, step: &str, before: Timestamp) -> Result<(), Error> {
    let most = count(STEP_ROWS);
    while connection.execute(step, &[&Instant(before), &most]).await? >= most.unsigned_abs() {}
    Ok(())
}
