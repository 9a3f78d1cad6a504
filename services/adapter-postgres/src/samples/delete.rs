//! Deletes series with all their samples, in steps.

use super::Samples;
use super::prune::{REMOVE_STEP, STEP_ROWS};
use crate::database::Connection;
use crate::days::{self, SAMPLES};
use crate::error::Error;
use crate::instant::Instant;
use crate::series;
use watchkeeper_domain::SeriesFilter;
use watchkeeper_ports::Deleted;

/// Most series that one step examines.
const STEP_SERIES: usize = 1_000;

impl Samples {
    /// One step: deletes up to [`STEP_ROWS`] samples of the first matching series after a key, and those series that
    /// have none left once all their samples are deleted.
    pub(super) async fn delete_step(
        &self,
        connection: &mut Connection,
        filter: &SeriesFilter,
        after: &str,
    ) -> Result<Deleted, Error> {
        let found = series::first(connection, filter, after, STEP_SERIES).await?;
        let Some((_, last)) = found.last() else { return Ok(Deleted::default()) };
        let (last, ids): (String, Vec<i64>) = (last.clone(), found.iter().map(|(id, _)| *id).collect());
        let mut items = 0;
        // Day by day, so that each statement touches one partition.
        for day in days::existing(connection, &SAMPLES).await? {
            let (from, to) = (Instant(day.start()), Instant(day.next().start()));
            let room = STEP_ROWS - items;
            let removed = connection.execute(REMOVE_STEP, &[&ids, &from, &to, &room]).await?;
            items += i64::try_from(removed).unwrap_or(room);
            if items >= STEP_ROWS {
                return Ok(Deleted { series: 0, items: items.unsigned_abs(), next: Some(after.to_owned()) });
            }
        }
        let series = series::remove_empty(connection, &ids).await?;
        let next = (ids.len() == STEP_SERIES).then_some(last);
        Ok(Deleted { series, items: items.unsigned_abs(), next })
    }
}
