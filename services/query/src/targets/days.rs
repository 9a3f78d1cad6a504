//! The checks of days that have ended, counted by rollups.

use super::family::Family;
use super::history::History;
use super::uptime::{QUARTER, Tally};
use std::time::Duration;
use watchkeeper_domain::{RollupQuery, Timestamp, Window};
use watchkeeper_ports::{Page, PortError, RollupStore};

/// A rollup of a day is made once, and again when samples were late.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// Targets whose rollups are read at once.
const PAGE: usize = 250;

/// Reads the rollups of the longest range, if that is due.
pub(super) async fn renew(
    history: &mut History,
    rollups: &dyn RollupStore,
    max_targets: usize,
    now: Timestamp,
) -> Result<(), PortError> {
    if history.days_at.is_some_and(|at| now.since(at) < EVERY) {
        return Ok(());
    }
    let (from, to) = (Window::Day.start(now.minus(QUARTER)), Window::Day.start(now));
    let query = RollupQuery::new(Family::Probes.filter(), Window::Day, from, to)
        .map_err(|violation| PortError::Rejected { what: "rollups", reason: violation.to_string() })?;
    let (mut page, mut read) = (Page::first(PAGE), 0);
    loop {
        let found = rollups.rollups(&query, &page).await?;
        let is_last = found.len() < PAGE;
        read += found.len();
        page.after = found.last().map(|last| last.series.key().to_owned());
        for found in found {
            if let Some(past) = history.targets.get_mut(found.series.key()) {
                let days = found.rollups.iter().map(|rollup| (rollup.start, Tally::of_rollup(rollup)));
                past.days = days.collect();
            }
        }
        if is_last || read >= max_targets {
            break;
        }
    }
    history.days_at = Some(now);
    Ok(())
}
