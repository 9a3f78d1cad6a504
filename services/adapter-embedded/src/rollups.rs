//! Rollups in `rollups.db`: a separate file, so that storing them does not delay samples.

mod passes;
mod prune;
mod put;
mod select;

use crate::series::{self, Interning};
use crate::sqlite::Database;
use async_trait::async_trait;
use prune::{AllRollups, OldRollups};
use std::path::Path;
use watchkeeper_domain::{RollupQuery, SeriesFilter, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::{Deleted, Page, PortError, RollupStore, SeriesDeletion};

/// The store's name for operators, and of its file.
const NAME: &str = "rollups";
const MIGRATIONS: [&str; 1] = [concat!(
    include_str!("series/schema.sql"),
    include_str!("rollups/schema.sql"),
    include_str!("sqlite/check.sql")
)];

/// Rollups in `rollups.db`.
///
/// It is closed when it is dropped; pending work is finished first, which may take as long as one write to
/// disk. Each `put` is one transaction.
pub struct EmbeddedRollups {
    database: Database<Interning>,
}

impl EmbeddedRollups {
    /// Opens the store in `dir`, and creates both if need be. Blocks.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] while another process has it open; [`PortError::Broken`] if the file
    /// is damaged, of a newer version, or cannot be created.
    pub fn open(dir: &Path) -> Result<Self, PortError> {
        let database = Database::open(dir, NAME, &MIGRATIONS, |_| Ok(Interning::default()))?;
        Ok(Self { database })
    }
}

#[async_trait]
impl SeriesDeletion for EmbeddedRollups {
    async fn delete(&self, filter: &SeriesFilter, after: &str) -> Result<Deleted, PortError> {
        series::delete(&self.database, AllRollups, filter, after).await
    }
}

#[async_trait]
impl RollupStore for EmbeddedRollups {
    async fn put(&self, window: Window, rollups: &[SeriesRollups]) -> Result<(), PortError> {
        let rollups = rollups.to_vec();
        self.database.write(move |conn, interning| put::put(conn, interning, window, &rollups)).await
    }

    async fn rollups(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        let (query, page) = (query.clone(), page.clone());
        self.database.read_long(move |conn| select::rollups(conn, &query, &page)).await
    }

    async fn made_until(&self, pass: &str) -> Result<Option<Timestamp>, PortError> {
        let pass = pass.to_owned();
        self.database.read(move |conn| passes::made_until(conn, &pass)).await
    }

    async fn set_made_until(&self, pass: &str, until: Timestamp) -> Result<(), PortError> {
        let pass = pass.to_owned();
        self.database.write(move |conn, _| passes::set_made_until(conn, &pass, until)).await
    }

    async fn move_made_until(
        &self,
        pass: &str,
        expected: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        let pass = pass.to_owned();
        self.database.write(move |conn, _| passes::move_made_until(conn, &pass, expected, until)).await
    }

    async fn prune(&self, window: Window, before: Timestamp) -> Result<u64, PortError> {
        series::prune(&self.database, OldRollups { window, before }).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}
