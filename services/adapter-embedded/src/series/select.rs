//! Selects the series that match a filter, by key.

use super::columns;
use crate::sqlite::Error;
use rusqlite::{Connection, Row};
use std::ops::ControlFlow;
use std::sync::Arc;
use watchkeeper_domain::{KeyRange, Series, SeriesFilter};
use watchkeeper_ports::{Page, SeriesPage, asked_of_too_many};

const BY_KEY: &str =
    "SELECT id, source, name, unit, labels FROM series WHERE key > ?1 AND key < ?2 ORDER BY key";
/// The series of one name, by key.
const BY_NAME: &str = "SELECT id, source, name, unit, labels FROM series WHERE key > ?1 AND key < ?2 AND name = ?3 ORDER BY key";
const BY_NUMBER: &str = "SELECT source, name, unit, labels FROM series WHERE id = ?1";
/// The ids and labels of series, in any order.
const LABELS_BY_KEY: &str = "SELECT id, labels FROM series WHERE key > ?1 AND key < ?2";
const LABELS_BY_NAME: &str = "SELECT id, labels FROM series WHERE key > ?1 AND key < ?2 AND name = ?3";
/// The same for a filter without labels: a covering index scan.
const NUMBERS_BY_KEY: &str = "SELECT id FROM series WHERE key > ?1 AND key < ?2";
const NUMBERS_BY_NAME: &str = "SELECT id FROM series WHERE key > ?1 AND key < ?2 AND name = ?3";

/// Visits the matching series within `range`, with their ids, until told to stop.
fn each_series(
    conn: &Connection,
    filter: &SeriesFilter,
    range: &KeyRange,
    mut visit: impl FnMut(i64, Arc<Series>) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let wanted = WantedLabels::of(filter)?;
    each_row(conn, filter, range, [BY_KEY, BY_NAME], |row| {
        // Most series that do not match differ in their labels: they are skipped without being parsed.
        if !wanted.are_in(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?) {
            return Ok(ControlFlow::Continue(()));
        }
        let series = columns::read(row, 1)?;
        if filter.matches(&series) {
            visit(row.get(0)?, Arc::new(series))
        } else {
            Ok(ControlFlow::Continue(()))
        }
    })
}

/// The ids of the matching series, in order; `None` if there are more than `most`.
pub(crate) fn numbers(
    conn: &Connection,
    filter: &SeriesFilter,
    most: usize,
) -> Result<Option<Vec<i64>>, Error> {
    let (wanted, range) = (WantedLabels::of(filter)?, KeyRange::of(filter, None));
    let statements =
        if wanted.0.is_empty() { [NUMBERS_BY_KEY, NUMBERS_BY_NAME] } else { [LABELS_BY_KEY, LABELS_BY_NAME] };
    let mut numbers = Vec::new();
    each_row(conn, filter, &range, statements, |row| {
        if wanted.0.is_empty() || wanted.are_in(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?) {
            numbers.push(row.get(0)?);
        }
        Ok(if numbers.len() <= most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    numbers.sort_unstable();
    Ok(Some(numbers).filter(|numbers| numbers.len() <= most))
}

pub(crate) fn by_number(conn: &Connection, id: i64) -> Result<Arc<Series>, Error> {
    conn.prepare_cached(BY_NUMBER)?.query_row([id], |row| Ok(columns::read(row, 0).map(Arc::new)))?
}

/// Visits the rows of series within `range`, with the first statement or, if a name is given, the second.
fn each_row(
    conn: &Connection,
    filter: &SeriesFilter,
    range: &KeyRange,
    [by_key, by_name]: [&str; 2],
    mut visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let mut select = conn.prepare_cached(if filter.name.is_some() { by_name } else { by_key })?;
    let mut rows = match &filter.name {
        Some(name) => select.query((&range.after, &range.before, name))?,
        None => select.query((&range.after, &range.before))?,
    };
    while let Some(row) = rows.next()? {
        if visit(row)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Labels that series must have, each in the form it has in the column `labels`.
struct WantedLabels(Vec<String>);

impl WantedLabels {
    fn of(filter: &SeriesFilter) -> Result<Self, Error> {
        let json =
            |(name, value)| Ok([serde_json::to_string(name)?, serde_json::to_string(value)?].join(":"));
        let wanted: Result<_, serde_json::Error> = filter.labels.iter().map(json).collect();
        wanted.map(Self).map_err(|error| Error::Rejected(error.to_string()))
    }

    /// Quotes within values are escaped, so that no value can look like another label.
    fn are_in(&self, labels: &str) -> bool {
        self.0.iter().all(|label| labels.contains(label))
    }
}

/// The ids and keys of the first `most` matching series after a key, by key.
pub(super) fn first_series(
    conn: &Connection,
    filter: &SeriesFilter,
    after: &str,
    most: usize,
) -> Result<Vec<(i64, String)>, Error> {
    let mut found = Vec::new();
    each_series(conn, filter, &KeyRange::of(filter, Some(after)), |id, series| {
        found.push((id, series.key().to_owned()));
        Ok(if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found)
}

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

/// The results of `answer` for the matching series, by key, up to the page's limit. A series without a result
/// does not count.
pub(crate) fn answer_page<T>(
    conn: &Connection,
    filter: &SeriesFilter,
    page: &Page,
    answer: impl FnMut(i64, Arc<Series>) -> Result<Option<T>, Error>,
) -> Result<Vec<T>, Error> {
    answer_some(conn, filter, page, usize::MAX, answer)
}

/// The same, examining at most `most` series.
pub(crate) fn answer_some<T>(
    conn: &Connection,
    filter: &SeriesFilter,
    page: &Page,
    most: usize,
    mut answer: impl FnMut(i64, Arc<Series>) -> Result<Option<T>, Error>,
) -> Result<Vec<T>, Error> {
    let (mut answers, mut looked_at) = (Vec::new(), 0);
    if page.limit == 0 {
        return Ok(answers);
    }
    each_series(conn, filter, &KeyRange::of(filter, page.after.as_deref()), |id, series| {
        if looked_at == most {
            return Err(Error::Rejected(asked_of_too_many()));
        }
        looked_at += 1;
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

    #[test]
    fn numbers_alone_come_from_the_index_alone() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("schema.sql")).unwrap();
        assert_eq!(
            [NUMBERS_BY_KEY, NUMBERS_BY_NAME].map(|sql| plan(&conn, sql).concat()),
            [
                "SEARCH series USING COVERING INDEX sqlite_autoindex_series_1 (key>? AND key<?)",
                "SEARCH series USING COVERING INDEX series_by_name (name=? AND key>? AND key<?)"
            ]
        );
    }

    #[test]
    fn a_value_that_looks_like_another_label_is_none() {
        let series = |labels: &[(&str, &str)]| Series::new("host", "load", "", labels).unwrap();
        let wanted = WantedLabels::of(&SeriesFilter::only(&series(&[("b", "1\"")]))).unwrap();
        for (labels, is_wanted) in [
            (&[("a", ""), ("b", "1\"")][..], true),
            (&[("a", r#"","b":"1\""#)], false),
            (&[("ab", "1\"")], false),
            (&[("b", "1\"2")], false),
            (&[], false),
        ] {
            assert_eq!(wanted.are_in(&columns::labels(&series(labels)).unwrap()), is_wanted, "{labels:?}");
        }
    }
}
