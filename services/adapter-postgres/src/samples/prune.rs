//! Prunes samples: whole days at once, the rest in steps.

use super::Samples;
use crate::database::Connection;
use crate::days::{Day, SAMPLES, drop_removed, take_out};
use crate::error::Error;
use crate::instant::Instant;
use crate::series;
use std::collections::BTreeSet;
use watchkeeper_domain::Timestamp;

/// Most samples that one step removes, so that nobody waits long for it.
pub(super) const STEP_ROWS: i64 = 10_000;
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
        take_out(connection, &SAMPLES, before, &self.days).await?;
        // Detached tables are counted and dropped separately: no query waits for that.
        let mut removed = drop_removed(connection, &SAMPLES).await?;
        removed += remove_rest(connection, before).await?;
        series::prune(connection).await?;
        Ok(removed)
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
