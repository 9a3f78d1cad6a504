//! Stores rollups.

use crate::series::Interning;
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_domain::{SeriesRollups, Window};

/// Stores rollups. Each replaces the existing one, unless that aggregates more samples.
pub(super) fn put(
    conn: &Connection,
    interning: &mut Interning,
    window: Window,
    rollups: &[SeriesRollups],
) -> Result<(), Error> {
    let mut by_id = Vec::with_capacity(rollups.len());
    for SeriesRollups { series, rollups } in rollups.iter().filter(|of_series| !of_series.rollups.is_empty())
    {
        by_id.push((interning.id(conn, series)?, rollups));
    }
    // In the order of the B-tree, so that each page is visited once. Stable, so that of two rollups of one
    // window the last wins.
    by_id.sort_by_key(|&(id, _)| id);
    let mut upsert = conn.prepare_cached(
        "INSERT INTO rollups (series_id, window, start, avg, min, max, count, p95)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (series_id, window, start) DO UPDATE SET
             avg = excluded.avg, min = excluded.min, max = excluded.max,
             count = excluded.count, p95 = excluded.p95
         WHERE excluded.count >= rollups.count",
    )?;
    for (id, rollups) in by_id {
        for rollup in rollups {
            upsert.execute((
                id,
                window.name(),
                rollup.start.as_micros(),
                rollup.avg,
                rollup.min,
                rollup.max,
                rollup.count,
                rollup.p95,
            ))?;
        }
    }
    Ok(())
}
