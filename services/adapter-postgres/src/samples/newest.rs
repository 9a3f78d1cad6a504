//! Finds the newest samples without reading older ones.

use super::rows::note;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::series::{self, BY_KEY, IS_MEANT, Meant, columns, count};
use std::sync::Arc;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use watchkeeper_domain::{Note, Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::{MAX_ASKED_SERIES, Page, asked_of_too_many};

/// When this many series have a sample since some instant, nothing older can be among the newest.
const NEWEST: &str = "WITH latest AS MATERIALIZED (
             SELECT id, newest.at FROM unnest($1::bigint[]) AS meant (id)
                 CROSS JOIN LATERAL (SELECT at FROM samples WHERE series_id = meant.id AND at <= $3
                                     ORDER BY at DESC LIMIT 1) newest),
         since AS MATERIALIZED (
             SELECT coalesce((SELECT at FROM latest ORDER BY at DESC OFFSET $2::bigint - 1 LIMIT 1), '-infinity') AS at)
         SELECT latest.id, newest.at, newest.value, newest.note FROM latest
             CROSS JOIN LATERAL (SELECT at, value, note FROM samples
                                 WHERE series_id = latest.id AND at >= (SELECT at FROM since) AND at <= $3
                                 ORDER BY at DESC LIMIT $2) newest
         WHERE latest.at >= (SELECT at FROM since)
         ORDER BY newest.at DESC LIMIT $2";

/// The newest sample up to `until` of each series on the page.
pub(super) async fn latest(
    connection: &Connection,
    filter: &SeriesFilter,
    page: &Page,
    until: Timestamp,
) -> Result<Vec<Sample>, Error> {
    let sql = format!(
        "SELECT newest.at, newest.value, newest.note, source, name, unit, labels FROM series
             CROSS JOIN LATERAL (SELECT at, value, note FROM samples WHERE series_id = series.id AND at <= $6
                                 ORDER BY at DESC LIMIT 1) newest
         WHERE {IS_MEANT} ORDER BY {BY_KEY} LIMIT $5"
    );
    let Meant { after, before, name, labels } = Meant::by(filter, page.after.as_deref());
    let params: &[&(dyn ToSql + Sync)] =
        &[&after, &before, &name, &labels, &count(page.limit), &Instant(until)];
    let rows = connection.query(&sql, params).await?;
    let sample = |row: &Row| {
        let series = columns::read(row, 3)?;
        let collected_at = row.try_get::<_, Instant>(0)?.0;
        Ok(Sample { series, collected_at, value: row.try_get(1)?, note: note(row, 2)? })
    };
    rows.iter().map(sample).collect()
}

/// The newest `limit` samples up to `until` of all matching series, newest first.
pub(super) async fn newest(
    connection: &Connection,
    filter: &SeriesFilter,
    limit: usize,
    until: Timestamp,
) -> Result<Vec<Sample>, Error> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let meant = series::numbers(connection, filter).await?;
    if meant.len() > MAX_ASKED_SERIES {
        return Err(Error::Rejected(asked_of_too_many()));
    }
    let rows = connection.query(NEWEST, &[&meant, &count(limit), &Instant(until)]).await?;
    let mut found: Vec<(i64, Timestamp, f64, Option<Note>)> = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push((row.try_get(0)?, row.try_get::<_, Instant>(1)?.0, row.try_get(2)?, note(row, 3)?));
    }
    let mut ids: Vec<_> = found.iter().map(|(id, ..)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let series = series::by_number(connection, &ids).await?;
    // Series that were pruned in between are skipped.
    let sample = |(id, collected_at, value, note)| {
        series.get(&id).map(|series| Sample { series: Arc::clone(series), collected_at, value, note })
    };
    Ok(found.into_iter().filter_map(sample).collect())
}
