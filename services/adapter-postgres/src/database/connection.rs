//! A connection on loan from the pool.

use crate::error::Error;
use deadpool_postgres::{Object, Transaction};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, RowStream};

/// Why there is always a client.
const TAKEN_LAST: &str = "it is taken only by what takes the connection as well";

/// A connection on loan from the pool. One that is dropped and not released is closed: something has failed,
/// or nobody waits for the answer any more, and what the server still does about it is no concern of the
/// next borrower.
pub(crate) struct Connection {
    client: Option<Object>,
}

impl Connection {
    pub(super) fn new(client: Object) -> Self {
        Self { client: Some(client) }
    }

    /// Gives it back to the pool: nothing is under way on it.
    pub(crate) fn release(mut self) {
        self.client = None;
    }

    /// Begins a transaction, which is undone unless it is committed.
    pub(crate) async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        Ok(self.client.as_mut().expect(TAKEN_LAST).transaction().await?)
    }

    /// The rows that a statement gives.
    pub(crate) async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, params).await?)
    }

    /// The row that a statement gives, if it gives one.
    pub(crate) async fn query_opt(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query_opt(&statement, params).await?)
    }

    /// The rows that a statement gives, while the server finds them: few are held at a time.
    pub(crate) async fn stream(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<RowStream, Error> {
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query_raw(&statement, params.iter().copied()).await?)
    }

    /// Runs a statement; gives how many rows it changed.
    pub(crate) async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        Ok(client.execute(&statement, params).await?)
    }

    fn client(&self) -> &Object {
        self.client.as_ref().expect(TAKEN_LAST)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}
