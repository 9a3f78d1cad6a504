//! A pool of connections, created on demand.

use super::Connection;
use crate::error::Error;
use crate::options::PostgresOptions;
use crate::tls;
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, RecyclingMethod, Runtime};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Connections that start with the same statements.
pub(crate) struct Pool {
    connections: deadpool_postgres::Pool,
    /// Time limit for a call, whatever the server does.
    call_timeout: Duration,
}

impl Pool {
    /// Does not connect yet; `settings` are the first statements of a connection.
    pub(crate) fn new(options: &PostgresOptions, settings: String) -> Result<Self, Error> {
        let server = options.server()?;
        let tls = tls::connector(server.encryption, options.root_certificate.as_deref())?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let settings: Arc<str> = settings.into();
        let connections =
            deadpool_postgres::Pool::builder(Manager::from_config(server.config, tls, recycling))
                .max_size(options.connections)
                .wait_timeout(Some(options.connect_timeout))
                .create_timeout(Some(options.connect_timeout))
                .runtime(Runtime::Tokio1)
                .post_create(Hook::async_fn(move |client, _| {
                    let settings = Arc::clone(&settings);
                    Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
                }))
                .build()
                .map_err(|error| Error::Broken(error.to_string()))?;
        Ok(Self { connections, call_timeout: options.connect_timeout + 2 * options.statement_timeout })
    }

    pub(crate) async fn get(&self) -> Result<Connection, Error> {
        Ok(Connection::new(self.connections.get().await?))
    }

    pub(crate) fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    /// Waits for `work`, up to the time limit for a call.
    pub(crate) async fn within_a_call<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        timeout(self.call_timeout, work).await.unwrap_or_else(|_| {
            Err(Error::Unavailable(format!("it did not answer within {:?}", self.call_timeout)))
        })
    }
}
