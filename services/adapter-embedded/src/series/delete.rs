//! Deletes all rows of some series from a file, in steps.

use super::Interning;
use super::prune::{Old, STEP_ROWS, STEP_SERIES, remove_series};
use super::select::first_series;
use crate::sqlite::{Database, Error};
use rusqlite::Connection;
use watchkeeper_domain::SeriesFilter;
use watchkeeper_ports::{Deleted, PortError};

/// One step: deletes the rows that `all` selects, of matching series with keys after `after`, and the series that have
/// none left.
pub(crate) async fn delete(
    database: &Database<Interning>,
    all: impl Old,
    filter: &SeriesFilter,
    after: &str,
) -> Result<Deleted, PortError> {
    let (filter, after) = (filter.clone(), after.to_owned());
    database.write(move |conn, interning| step(conn, interning, all, &filter, after)).await
}

fn step(
    conn: &Connection,
    interning: &mut Interning,
    all: impl Old,
    filter: &SeriesFilter,
    mut after: String,
) -> Result<Deleted, Error> {
    let mut deleted = Deleted::default();
    let series = first_series(conn, filter, &after, STEP_SERIES as usize)?;
    let more = series.len() == STEP_SERIES as usize;
    for (id, key) in series {
        let room = STEP_ROWS - deleted.items;
        let removed = all.remove(conn, id, room)?;
        deleted.items += removed;
        if removed == room {
            return Ok(Deleted { next: Some(after), ..deleted });
        }
        if !all.is_any_left(conn, id)? {
            remove_series(conn, interning, id)?;
            deleted.series += 1;
        }
        after = key;
    }
    Ok(Deleted { next: more.then_some(after), ..deleted })
}
