//! Reads the table by row id.

use super::table::Table;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::EPOCH_MICROS;
use futures_util::TryStreamExt as _;
use std::pin::pin;
use tokio_postgres::Row;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{MetricsRow, TableExtent, TopicId};

/// Bytes of rows at which a page is full.
const MAX_PAGE_BYTES: usize = 8 * 1024 * 1024;

/// The table's identity and its current end.
pub(super) async fn extent(connection: &Connection, table: &Table) -> Result<TableExtent, Error> {
    let Table { name, id } = table;
    let sql = format!("SELECT min(id)::bigint, max(id)::bigint FROM {name}");
    let row = connection.query_opt(&sql, &[]).await?;
    let (first, last): (Option<i64>, Option<i64>) = match row {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (None, None),
    };
    if first.is_some_and(|first| first < 0) {
        return Err(Error::Broken(format!(
            "{name} has rows with a negative id: only rows numbered from 0 can be read in order"
        )));
    }
    Ok(TableExtent { table_id: TopicId::new(id.clone()), end: last.map_or(0, |last| number(last) + 1) })
}

/// Some rows, from this id on.
pub(super) async fn rows(
    connection: &Connection,
    table: &Table,
    from: u64,
    limit: usize,
) -> Result<Vec<MetricsRow>, Error> {
    let (text, labels) = (MetricsRow::MAX_TEXT_CHARS, MetricsRow::MAX_LABELS_CHARS + 1);
    let sql = format!(
        "SELECT id::bigint, left(coalesce(source, ''), {text}), left(coalesce(name, ''), {text}),
             coalesce(value, 'NaN'), left(coalesce(labels::text, 'null'), {labels}), collected_at
         FROM {} WHERE id >= $1::bigint ORDER BY id LIMIT $2",
        table.name
    );
    let (Ok(from), limit) = (i64::try_from(from), crate::series::count(limit)) else { return Ok(Vec::new()) };
    let mut stream = pin!(connection.stream(&sql, &[&from, &limit]).await?);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = stream.try_next().await? {
        let row = read(&row)?;
        bytes += size_of::<MetricsRow>() + row.source.len() + row.name.len() + row.labels.len();
        rows.push(row);
        if bytes >= MAX_PAGE_BYTES {
            break;
        }
    }
    Ok(rows)
}

fn read(row: &Row) -> Result<MetricsRow, Error> {
    let at: Option<AnyInstant> = row.try_get(5)?;
    Ok(MetricsRow {
        id: number(row.try_get(0)?),
        source: row.try_get(1)?,
        name: row.try_get(2)?,
        value: row.try_get(3)?,
        labels: row.try_get(4)?,
        collected_at: at.and_then(|AnyInstant(at)| at),
    })
}

fn number(id: i64) -> u64 {
    u64::try_from(id).unwrap_or_default()
}

/// An instant in the table, which may be out of range here.
struct AnyInstant(Option<Timestamp>);

impl<'a> tokio_postgres::types::FromSql<'a> for AnyInstant {
    fn from_sql(
        _: &tokio_postgres::types::Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let since_2000 = i64::from_sql(&tokio_postgres::types::Type::INT8, raw)?;
        Ok(Self(since_2000.checked_add(EPOCH_MICROS).and_then(Timestamp::from_micros)))
    }

    tokio_postgres::types::accepts!(TIMESTAMPTZ);
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_postgres::types::{FromSql as _, Type};

    #[test]
    fn an_instant_that_is_none_here_is_read_as_none() {
        let read = |micros: i64| AnyInstant::from_sql(&Type::TIMESTAMPTZ, &micros.to_be_bytes()).unwrap().0;
        assert_eq!(read(-EPOCH_MICROS), Some(Timestamp::MIN));
        // Before 1970, `-infinity` and `infinity`.
        assert_eq!([-EPOCH_MICROS - 1, i64::MIN, i64::MAX].map(read), [None; 3]);
    }
}
