//! All samples in a range of time, page by page.

use super::note;
use crate::series::columns;
use crate::sqlite::{Error, timestamp};
use rusqlite::Connection;
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::SampleKey;

/// Series by key from where the page continues, and the samples of each: of the first series only later ones.
/// One range scan for each series.
const ONWARDS: &str = "SELECT id, at, value, note, source, name, unit, labels FROM series
         CROSS JOIN samples ON series_id = id
     WHERE key >= ?1 AND at >= iif(key = ?1, max(?2 + 1, ?3), ?3) AND at < ?4
     ORDER BY key, at LIMIT ?5";

/// The samples collected in `time` after the given one, by series and instant.
pub(super) fn samples(
    conn: &Connection,
    time: Range<Timestamp>,
    after: Option<SampleKey>,
    limit: usize,
) -> Result<Vec<Sample>, Error> {
    // No series has the empty key: all come after it.
    let (key, at) = after.map_or_else(Default::default, |it| (it.series_key, it.collected_at.as_micros()));
    let (from, to) = (time.start.as_micros(), time.end.as_micros());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut select = conn.prepare_cached(ONWARDS)?;
    let mut rows = select.query((key, at, from, to, limit))?;
    let (mut found, mut current): (_, Option<(i64, Arc<Series>)>) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        let series = match current.take() {
            Some((current_id, series)) if current_id == id => series,
            _ => Arc::new(columns::read(row, 4)?),
        };
        current = Some((id, Arc::clone(&series)));
        let collected_at = timestamp(row.get(1)?)?;
        found.push(Sample { series, collected_at, value: row.get(2)?, note: note::read(row, 3)? });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::plan;
    use crate::store::MIGRATIONS;

    #[test]
    fn a_page_is_read_in_order_and_costs_one_look_at_each_series() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(&MIGRATIONS.join(";")).unwrap();
        let series = "SEARCH series USING INDEX sqlite_autoindex_series_1 (key>?)";
        let samples = "SEARCH samples USING PRIMARY KEY (series_id=? AND at>? AND at<?)";
        assert_eq!(plan(&conn, ONWARDS), [series, samples], "nothing is sorted");
    }
}
