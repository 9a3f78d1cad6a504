//! The pool of connections, and the schema behind it.

mod connection;
mod migrate;
mod pool;
mod session;

pub(crate) use connection::Connection;
pub(crate) use pool::Pool;

use crate::error::Error;
use crate::options::PostgresOptions;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio::time::timeout;
use watchkeeper_ports::PortError;

/// Time limit for a sequence of statements, such as those that prune.
const MANY_WITHIN: Duration = Duration::from_secs(60 * 60);

/// The pool of connections, and the schema behind it.
pub(crate) struct Database {
    pool: Pool,
    schema: String,
    /// Set once the schema is migrated.
    is_ready: OnceCell<()>,
    /// Half of the connections: slow queries leave the others to fast ones.
    long: Semaphore,
}

impl Database {
    /// Does not connect yet.
    pub(crate) fn new(options: &PostgresOptions) -> Result<Self, Error> {
        let settings = session::settings(&options.schema, options.statement_timeout);
        Ok(Self {
            pool: Pool::new(options, settings)?,
            schema: options.schema.clone(),
            is_ready: OnceCell::new(),
            long: Semaphore::new(options.connections / 2),
        })
    }

    /// Runs `work` on a connection with a migrated schema, within the time limit for a call.
    pub(crate) async fn call<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, PortError> {
        Ok(self.pool.within_a_call(self.work(work)).await?)
    }

    /// The same for slow work, which may use at most half of the connections.
    pub(crate) async fn long_call<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, PortError> {
        let _one_of_few = self.turn().await?;
        self.call(work).await
    }

    /// The same for a sequence of statements, each with its own limit, and all within [`MANY_WITHIN`]: what
    /// they have committed by then stays, and the next call continues from there.
    pub(crate) async fn many_calls<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, PortError> {
        let _one_of_few = self.turn().await?;
        match timeout(MANY_WITHIN, self.work(work)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Error::Unavailable(format!("it was not finished within {MANY_WITHIN:?}")).into()),
        }
    }

    /// A permit for slow work.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, PortError> {
        let Ok(turn) = timeout(self.pool.call_timeout(), self.long.acquire()).await else {
            let reason = "all connections for slow queries are in use".to_owned();
            return Err(Error::Unavailable(reason).into());
        };
        Ok(turn.map_err(|closed| Error::Broken(closed.to_string()))?)
    }

    /// Runs `work`. The connection is closed if that fails or is no longer awaited.
    async fn work<T>(&self, work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        let mut connection = self.pool.get().await?;
        self.is_ready.get_or_try_init(|| migrate::migrate(&mut connection, &self.schema)).await?;
        let answer = work(&mut connection).await?;
        connection.release();
        Ok(answer)
    }

    /// Health check: writes a row.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        const WRITE: &str = "INSERT INTO checks (id, at) VALUES (1, now())
             ON CONFLICT (id) DO UPDATE SET at = excluded.at";
        self.call(async |connection| {
            connection.execute(WRITE, &[]).await?;
            Ok(())
        })
        .await
    }
}
