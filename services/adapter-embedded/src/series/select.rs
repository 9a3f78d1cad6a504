//! The series that a filter means, in the order of their keys.

use super::columns;
use crate::sqlite::Error;
use rusqlite::Connection;
use std::ops::ControlFlow;
use std::sync::Arc;
use watchkeeper_domain::{KeyRange, Series, SeriesFilter};
use watchkeeper_ports::{Page, SeriesPage};

/// Series in the order of their keys.
const BY_KEY: &str =
    "SELECT id, source, name, unit, labels FROM series WHERE key > ?1 AND key < ?2 ORDER BY key";
/// The series of one name in the order of their keys.
const BY_NAME: &str = "SELECT id, source, name, unit, labels FROM series WHERE key > ?1 AND key < ?2 AND name = ?3 ORDER BY key";

/// Visits the series within `range` that `filter` means, with their numbers, until told to stop.
pub(crate) fn each_series(
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
        let series = columns::read(row, 1)?;
        if filter.matches(&series) && visit(row.get(0)?, Arc::new(series))?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The series on `page`.
pub(crate) fn series_page(
    conn: &Connection,
    filter: &SeriesFilter,
    page: &Page,
) -> Result<SeriesPage, Error> {
    let mut found = SeriesPage::default();
    each_series(conn, filter, &KeyRange::of(filter, page.after.as_deref()), |_, series| {
        if found.series.len() == page.limit {
            found.more = true;
            return Ok(ControlFlow::Break(()));
        }
        found.series.push(series);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// What `answer` has to say of the series that `filter` means, by key, for as many as are asked for. A
/// series of which it says nothing takes no place on the page.
pub(crate) fn answer_page<T>(
    conn: &Connection,
    filter: &SeriesFilter,
    page: &Page,
    mut answer: impl FnMut(i64, Arc<Series>) -> Result<Option<T>, Error>,
) -> Result<Vec<T>, Error> {
    let mut answers = Vec::new();
    if page.limit == 0 {
        return Ok(answers);
    }
    each_series(conn, filter, &KeyRange::of(filter, page.after.as_deref()), |id, series| {
        answers.extend(answer(id, series)?);
        Ok(if answers.len() < page.limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::plan;

    #[test]
    fn both_orders_come_from_an_index() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("schema.sql")).unwrap();
        assert_eq!(
            plan(&conn, BY_KEY),
            ["SEARCH series USING INDEX sqlite_autoindex_series_1 (key>? AND key<?)"]
        );
        assert_eq!(
            plan(&conn, BY_NAME),
            ["SEARCH series USING INDEX series_by_name (name=? AND key>? AND key<?)"]
        );
    }
}
