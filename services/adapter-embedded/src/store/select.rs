//! The series that a filter means, in the order of their keys.

use crate::key_range::KeyRange;
use crate::sqlite::Error;
use rusqlite::{Connection, Row};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use watchkeeper_domain::{Label, Series, SeriesFilter, SeriesParts};
use watchkeeper_ports::{Page, SeriesPage};

/// Series in the order of their keys.
const BY_KEY: &str =
    "SELECT id, source, name, unit, labels FROM series WHERE key > ?1 AND key < ?2 ORDER BY key";
/// The series of one name in the order of their keys.
const BY_NAME: &str = "SELECT id, source, name, unit, labels FROM series WHERE key > ?1 AND key < ?2 AND name = ?3 ORDER BY key";

/// Visits the series within `range` that `filter` means, with their numbers, until told to stop.
pub(super) fn each_series(
    conn: &Connection,
    filter: &SeriesFilter,
    range: &KeyRange,
    mut visit: impl FnMut(i64, Arc<Series>) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let mut select = conn.prepare_cached(if filter.name.is_some() { BY_NAME } else { BY_KEY })?;
    let mut rows = match &filter.name {
        Some(name) => select.query((&range.after, &range.before, name))?,
        None => select.query((&range.after, &range.before))?,
    };
    while let Some(row) = rows.next()? {
        let series = series_of_row(row)?;
        if filter.matches(&series) && visit(row.get(0)?, Arc::new(series))?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The series on `page`.
pub(super) fn series(conn: &Connection, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, Error> {
    let mut found = SeriesPage::default();
    each_series(conn, filter, &KeyRange::on(filter, page), |_, series| {
        if found.series.len() == page.limit {
            found.more = true;
            return Ok(ControlFlow::Break(()));
        }
        found.series.push(series);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

fn series_of_row(row: &Row<'_>) -> Result<Series, Error> {
    let text = |index| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
    let labels: BTreeMap<String, String> =
        serde_json::from_str(text(4)?).map_err(|error| invalid(&error.to_string()))?;
    let labels: Vec<Label<'_>> =
        labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let parts = SeriesParts { source: text(1)?, name: text(2)?, unit: text(3)?, labels: &labels };
    Series::from_parts(&parts).map_err(|violation| invalid(&violation.to_string()))
}

fn invalid(reason: &str) -> Error {
    Error::Broken(format!("it holds a series that is not valid: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;

    #[test]
    fn both_orders_come_from_an_index() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        let plan = |sql: &str, bound: &[&str]| -> Vec<String> {
            let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let rows = explain.query_map(rusqlite::params_from_iter(bound), |row| row.get(3)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(
            plan(BY_KEY, &["a", "b"]),
            ["SEARCH series USING INDEX sqlite_autoindex_series_1 (key>? AND key<?)"]
        );
        assert_eq!(
            plan(BY_NAME, &["a", "b", "n"]),
            ["SEARCH series USING INDEX series_by_name (name=? AND key>? AND key<?)"]
        );
    }
}
