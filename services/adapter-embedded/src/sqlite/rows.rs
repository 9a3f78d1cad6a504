//! The rows of a query.

use super::error::Error;
use rusqlite::{Connection, Params, Row};

/// What `read` makes of each row that `sql` selects, in their order. The statement is kept for the next time.
pub(crate) fn select_rows<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}
