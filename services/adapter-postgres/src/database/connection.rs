//! A connection borrowed from the pool.

use crate::error::Error;
use deadpool_postgres::{Object, Transaction};
use futures_util::FutureExt as _;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, RowStream};

/// Why there always is a client.
const TAKEN_LAST: &str = "it is taken only by what takes the connection as well";

/// A connection borrowed from the pool. If it is dropped instead of released, it is closed: something has
/// failed, or nobody waits for the answer, and the next borrower must not see what the server still does.
pub(crate) struct Connection {
    client: Option<Object>,
}

impl Connection {
    pub(super) fn new(client: Object) -> Self {
        Self { client: Some(client) }
    }

    /// Returns it to the pool: nothing is running on it.
    pub(crate) fn release(mut self) {
        self.client = None;
    }

    /// Begins a transaction, which is rolled back unless it is committed.
    pub(crate) async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        Ok(self.client.as_mut().expect(TAKEN_LAST).transaction().await?)
    }

    /// Runs statements without parameters.
    pub(crate) async fn batch(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.client().batch_execute(sql).await
    }

    /// Sends a statement without waiting for its end; those that follow run after it.
    pub(crate) fn send(&self, sql: &str) {
        // It is sent when it is polled first.
        let _ = self.client().batch_execute(sql).now_or_never();
    }

    /// Streams the rows of a statement that is not prepared, in one round trip.
    pub(crate) async fn query_typed(
        &self,
        sql: &str,
        params: Vec<(&(dyn ToSql + Sync), Type)>,
    ) -> Result<RowStream, tokio_postgres::Error> {
        self.client().query_typed_raw(sql, params).await
    }

    pub(crate) async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, params).await?)
    }

    /// The row of a statement, if there is one.
    pub(crate) async fn query_opt(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query_opt(&statement, params).await?)
    }

    /// Streams the rows of a statement: few are held at a time.
    pub(crate) async fn stream(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<RowStream, Error> {
        let client = self.client();
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query_raw(&statement, params.iter().copied()).await?)
    }

    /// Runs a statement; returns how many rows it changed.
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
