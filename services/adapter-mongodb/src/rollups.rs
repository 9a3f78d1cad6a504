//! The rollup store on MongoDB.

use crate::options::MongoOptions;
use crate::server::Server;
use crate::{delete, earlier, passes, prune, put, select};
use async_trait::async_trait;
use tokio::sync::OnceCell;
use watchkeeper_domain::{RollupQuery, SeriesFilter, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::{Deleted, Page, PortError, RollupStore, SeriesDeletion};

/// Rollups in MongoDB.
///
/// One `put` takes several commands, series before their rollups. Keys are in the engine's text order, which
/// in MongoDB is byte order.
pub struct MongoRollups {
    server: Server,
    /// Set once the indexes exist.
    ready: OnceCell<()>,
}

impl MongoRollups {
    /// Creates the client; requires a tokio runtime. Connects on first use and then creates the indexes;
    /// reconnects whenever the connection is lost.
    ///
    /// # Errors
    /// [`PortError::Broken`] when the URL is not valid.
    pub fn new(options: &MongoOptions) -> Result<Self, PortError> {
        Ok(Self { server: Server::new(options)?, ready: OnceCell::new() })
    }

    /// The server, with the indexes in place.
    async fn server(&self) -> Result<&Server, PortError> {
        let ready = || async {
            earlier::adopt(&self.server).await?;
            self.server.ensure_indexes().await
        };
        self.ready.get_or_try_init(ready).await?;
        Ok(&self.server)
    }
}

#[async_trait]
impl SeriesDeletion for MongoRollups {
    async fn delete(&self, filter: &SeriesFilter, after: &str) -> Result<Deleted, PortError> {
        delete::delete(self.server().await?, filter, after).await
    }
}

#[async_trait]
impl RollupStore for MongoRollups {
    async fn put(&self, window: Window, rollups: &[SeriesRollups]) -> Result<(), PortError> {
        put::put(self.server().await?, window, rollups).await
    }

    async fn rollups(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        select::rollups(self.server().await?, query, page).await
    }

    async fn made_until(&self, pass: &str) -> Result<Option<Timestamp>, PortError> {
        passes::made_until(self.server().await?, pass).await
    }

    async fn set_made_until(&self, pass: &str, until: Timestamp) -> Result<(), PortError> {
        passes::set_made_until(self.server().await?, pass, until).await
    }

    async fn move_made_until(
        &self,
        pass: &str,
        expected: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        passes::move_made_until(self.server().await?, pass, expected, until).await
    }

    async fn prune(&self, window: Window, before: Timestamp) -> Result<u64, PortError> {
        prune::prune(self.server().await?, window, before).await
    }

    async fn check(&self) -> Result<(), PortError> {
        put::check(self.server().await?).await
    }
}
