//! Selects the series that match a filter, by key.

use super::columns;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use tokio_postgres::Row;
use tokio_postgres::types::{Json, ToSql};
use watchkeeper_domain::{KeyRange, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{MAX_ASKED_SERIES, Page, SeriesPage, asked_of_too_many};

/// The condition on a series, with the parameters of [`Meant`].
pub(crate) const IS_MEANT: &str = "left(key, 512) >= left($1, 512) AND key > $1
     AND left(key, 512) <= left($2, 512) AND key < $2
     AND ($3::text IS NULL OR name = $3) AND labels @> $4";
/// The order by key, as in an index.
pub(crate) const BY_KEY: &str = "left(key, 512), key";

/// Selects series, as parameters of a statement: between two keys, with a name, with labels.
pub(crate) struct Meant {
    pub(crate) after: String,
    pub(crate) before: String,
    pub(crate) name: Option<String>,
    pub(crate) labels: Json<BTreeMap<String, String>>,
}

impl Meant {
    /// The series that match `filter`, after the given key.
    pub(crate) fn by(filter: &SeriesFilter, after: Option<&str>) -> Self {
        let KeyRange { after, before } = KeyRange::of(filter, after);
        Self { after, before, name: filter.name.clone(), labels: Json(filter.labels.clone()) }
    }
}

pub(crate) async fn page(
    connection: &Connection,
    filter: &SeriesFilter,
    page: &Page,
) -> Result<SeriesPage, Error> {
    let sql =
        format!("SELECT source, name, unit, labels FROM series WHERE {IS_MEANT} ORDER BY {BY_KEY} LIMIT $5");
    let Meant { after, before, name, labels } = Meant::by(filter, page.after.as_deref());
    let limit = count(page.limit).saturating_add(1);
    let rows = connection.query(&sql, &[&after, &before, &name, &labels, &limit]).await?;
    let series: Result<Vec<_>, Error> =
        rows.iter().take(page.limit).map(|row| columns::read(row, 0)).collect();
    Ok(SeriesPage { series: series?, more: rows.len() > page.limit })
}

/// The ids and keys of the first matching series after a key, by key.
pub(crate) async fn first(
    connection: &Connection,
    filter: &SeriesFilter,
    after: &str,
    most: usize,
) -> Result<Vec<(i64, String)>, Error> {
    let sql = format!("SELECT id, key FROM series WHERE {IS_MEANT} ORDER BY {BY_KEY} LIMIT $5");
    let Meant { after, before, name, labels } = Meant::by(filter, Some(after));
    let rows = connection.query(&sql, &[&after, &before, &name, &labels, &count(most)]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The series on `page` with their ids, only those that have a sample within `range`.
pub(crate) async fn with_samples(
    connection: &Connection,
    filter: &SeriesFilter,
    page: &Page,
    range: Range<Timestamp>,
) -> Result<Vec<(i64, Arc<Series>)>, Error> {
    // One probe for each series, until there are enough; never a join with all samples.
    let sql = format!(
        "SELECT id, source, name, unit, labels FROM series
         WHERE {IS_MEANT} AND (SELECT true FROM samples
                               WHERE series_id = series.id AND at >= $5 AND at < $6 LIMIT 1)
         ORDER BY {BY_KEY} LIMIT $7"
    );
    let Meant { after, before, name, labels } = Meant::by(filter, page.after.as_deref());
    let (from, to, limit) = (Instant(range.start), Instant(range.end), count(page.limit));
    let rows = connection.query(&sql, &[&after, &before, &name, &labels, &from, &to, &limit]).await?;
    rows.iter().map(numbered).collect()
}

/// The same among the first [`MAX_ASKED_SERIES`] matching series, for callers that must not examine more.
pub(crate) async fn some_with_samples(
    connection: &Connection,
    filter: &SeriesFilter,
    limit: usize,
    range: Range<Timestamp>,
) -> Result<Vec<(i64, Arc<Series>)>, Error> {
    let sql = format!(
        "SELECT id, source, name, unit, labels FROM
             (SELECT * FROM series WHERE {IS_MEANT} ORDER BY {BY_KEY} LIMIT $8) meant
         WHERE (SELECT true FROM samples WHERE series_id = meant.id AND at >= $5 AND at < $6 LIMIT 1)
         ORDER BY {BY_KEY} LIMIT $7"
    );
    let Meant { after, before, name, labels } = Meant::by(filter, None);
    let (from, to) = (Instant(range.start), Instant(range.end));
    let params: [&(dyn ToSql + Sync); 8] =
        [&after, &before, &name, &labels, &from, &to, &count(limit), &count(MAX_ASKED_SERIES)];
    let rows = connection.query(&sql, &params).await?;
    if rows.len() < limit && numbers(connection, filter).await?.len() > MAX_ASKED_SERIES {
        return Err(Error::Rejected(asked_of_too_many()));
    }
    rows.iter().map(numbered).collect()
}

/// The ids of the matching series, in any order: at most one more than [`MAX_ASKED_SERIES`].
pub(crate) async fn numbers(connection: &Connection, filter: &SeriesFilter) -> Result<Vec<i64>, Error> {
    let sql = format!("SELECT id FROM series WHERE {IS_MEANT} LIMIT $5");
    let Meant { after, before, name, labels } = Meant::by(filter, None);
    let most = count(MAX_ASKED_SERIES + 1);
    let rows = connection.query(&sql, &[&after, &before, &name, &labels, &most]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(crate) async fn by_number(
    connection: &Connection,
    ids: &[i64],
) -> Result<HashMap<i64, Arc<Series>>, Error> {
    const BY_NUMBER: &str = "SELECT id, source, name, unit, labels FROM series WHERE id = ANY ($1)";
    let rows = connection.query(BY_NUMBER, &[&ids]).await?;
    rows.iter().map(numbered).collect()
}

fn numbered(row: &Row) -> Result<(i64, Arc<Series>), Error> {
    Ok((row.try_get(0)?, columns::read(row, 1)?))
}

/// A limit as a parameter.
pub(crate) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
