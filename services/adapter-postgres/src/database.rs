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

/// How long many statements may take together, such as those that remove what is past its retention.
const MANY_WITHIN: Duration = Duration::from_secs(60 * 60);

/// The pool of connections, and the schema behind it.
pub(crate) struct Database {
    pool: Pool,
    schema: String,
    /// Filled once the schema is up to date.
    is_ready: OnceCell<()>,
    /// Half of the connections: questions that take long leave the others to those that do not.
    long: Semaphore,
}

impl Database {
    /// Connects to nothing yet.
    pub(crate) fn new(options: &PostgresOptions) -> Result<Self, Error> {
        let settings = session::settings(&options.schema, options.statement_timeout);
        Ok(Self {
            pool: Pool::new(options, settings)?,
            schema: options.schema.clone(),
            is_ready: OnceCell::new(),
            long: Semaphore::new(options.connections / 2),
        })
    }

    /// Does `work` on a connection to a schema that is up to date. It is given up when the server has stood
    /// still for longer than any statement may take.
    pub(crate) async fn call<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, PortError> {
        Ok(self.pool.within_a_call(self.work(work)).await?)
    }

    /// The same for what takes long, of which half of the connections at most are in use.
    pub(crate) async fn long_call<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, PortError> {
        let _one_of_few = self.turn().await?;
        self.call(work).await
    }

    /// The same for as many statements as it takes, each with its own time, and all of them within
    /// [`MANY_WITHIN`]: what they have committed by then stays, and the next call goes on from there.
    pub(crate) async fn many_calls<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, PortError> {
        let _one_of_few = self.turn().await?;
        match timeout(MANY_WITHIN, self.work(work)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Error::Unavailable(format!("it was not done within {MANY_WITHIN:?}")).into()),
        }
    }

    /// A turn among those that take long.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, PortError> {
        let Ok(turn) = timeout(self.pool.call_timeout(), self.long.acquire()).await else {
            let reason = "every connection that may be used for long is".to_owned();
            return Err(Error::Unavailable(reason).into());
        };
        Ok(turn.map_err(|closed| Error::Broken(closed.to_string()))?)
    }

    /// A connection whose work has failed, or is not waited for any more, is closed.
    async fn work<T>(&self, work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        let mut connection = self.pool.get().await?;
        self.is_ready.get_or_try_init(|| migrate::migrate(&mut connection, &self.schema)).await?;
        let answer = work(&mut connection).await?;
        connection.release();
        Ok(answer)
    }

    /// Writes a row, to find out whether that can be done.
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
