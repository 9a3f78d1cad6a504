//! Series that have no samples left.

use crate::database::Connection;
use crate::error::Error;

/// Most series that one step examines, and removes.
const STEP_SERIES: i64 = 1_000;
/// How long a removal may wait for running appends; others queue behind it meanwhile.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";

const NEXT: &str = "SELECT id FROM series WHERE id > $1 ORDER BY id LIMIT $2";
const WITHOUT_SAMPLES: &str = "SELECT id FROM series
     WHERE id = ANY ($1) AND (SELECT true FROM samples WHERE series_id = series.id LIMIT 1) IS NULL";
/// Blocks appends, but not queries, until the transaction ends.
const STOP_APPENDS: &str = "LOCK TABLE series IN EXCLUSIVE MODE";
const REMOVE: &str = "DELETE FROM series
     WHERE id = ANY ($1) AND (SELECT true FROM samples WHERE series_id = series.id LIMIT 1) IS NULL";

/// Removes the series that have no samples left. Appends are blocked only while some series are removed.
pub(crate) async fn prune(connection: &mut Connection) -> Result<(), Error> {
    let mut after = 0_i64;
    loop {
        let ids = numbers_after(connection, after).await?;
        let Some(&last) = ids.last() else { return Ok(()) };
        let rows = connection.query(WITHOUT_SAMPLES, &[&ids]).await?;
        let empty: Vec<i64> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        if !empty.is_empty() {
            remove_empty(connection, &empty).await?;
        }
        after = last;
    }
}

/// The ids of series after the given one, for one step: all come after 0.
pub(crate) async fn numbers_after(connection: &Connection, after: i64) -> Result<Vec<i64>, Error> {
    let rows = connection.query(NEXT, &[&after, &STEP_SERIES]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Removes those that have no samples, still; returns how many. The sequence tells appenders that their cached ids are
/// stale.
pub(crate) async fn remove_empty(connection: &mut Connection, empty: &[i64]) -> Result<u64, Error> {
    let transaction = connection.transaction().await?;
    transaction.batch_execute(LOCK_TIMEOUT).await?;
    transaction.batch_execute(STOP_APPENDS).await?;
    let remove = transaction.prepare_cached(REMOVE).await?;
    let removed = transaction.execute(&remove, &[&empty]).await?;
    transaction.batch_execute("SELECT nextval('series_removals')").await?;
    transaction.commit().await?;
    Ok(removed)
}
