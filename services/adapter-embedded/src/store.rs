//! Samples and schedules in `store.db`.

mod append;
mod check;
mod interning;
mod newest;
mod positions;
mod prune;
mod range;
mod schedule;
mod select;

use crate::sqlite::Database;
use async_trait::async_trait;
use interning::Interning;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_domain::{RangeQuery, Sample, SeriesFilter, SeriesPoints, Timestamp};
use watchkeeper_ports::{
    Append, Appended, Group, Offset, Page, PortError, SampleStore, ScheduleStore, SeriesPage, TopicPartition,
};

/// What the operator knows the store by, and its file.
const NAME: &str = "store";
const MIGRATIONS: [&str; 1] = [include_str!("store/schema.sql")];

/// Samples and schedules in `store.db`.
///
/// It is closed when the last handle is dropped; what was begun is finished before, which may take as
/// long as one write to the disk.
///
/// Four questions are answered at the same time, of which three may be for a range or for the newest
/// samples: these can take long, and the others do not wait for them.
#[derive(Clone)]
pub struct EmbeddedStore {
    database: Arc<Database<Interning>>,
}

impl EmbeddedStore {
    /// Opens the store in `dir`, and creates both if need be. Blocks.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] while another process has it open; [`PortError::Broken`] if the file
    /// is damaged, of a newer version, or cannot be created.
    pub fn open(dir: &Path) -> Result<Self, PortError> {
        let database = Database::open(dir, NAME, &MIGRATIONS, |_| Ok(Interning::default()))?;
        Ok(Self { database: Arc::new(database) })
    }

    /// The store as one of samples.
    pub fn samples(&self) -> Arc<dyn SampleStore> {
        Arc::new(self.clone())
    }

    /// The store as one of schedules.
    pub fn schedule(&self) -> Arc<dyn ScheduleStore> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl SampleStore for EmbeddedStore {
    async fn append(&self, batch: &Arc<Append>) -> Result<Appended, PortError> {
        let batch = batch.clone();
        self.database.write(move |conn, interning| append::append(conn, interning, &batch)).await
    }

    async fn position(&self, group: &Group, partition: &TopicPartition) -> Result<Option<Offset>, PortError> {
        let (group, partition) = (group.clone(), partition.clone());
        self.database.read(move |conn| positions::find(conn, &group, &partition)).await
    }

    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError> {
        let (filter, page) = (filter.clone(), page.clone());
        self.database.read(move |conn| select::series(conn, &filter, &page)).await
    }

    async fn latest(&self, filter: &SeriesFilter, page: &Page) -> Result<Vec<Sample>, PortError> {
        let (filter, page) = (filter.clone(), page.clone());
        self.database.read(move |conn| newest::latest(conn, &filter, &page)).await
    }

    async fn newest(&self, filter: &SeriesFilter, limit: usize) -> Result<Vec<Sample>, PortError> {
        let filter = filter.clone();
        self.database.read_long(move |conn| newest::newest(conn, &filter, limit)).await
    }

    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError> {
        let query = query.clone();
        self.database.read_long(move |conn| range::range(conn, &query, max_series)).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        let (mut removed, mut after) = (0, Some(prune::BEFORE_ALL_SERIES));
        while let Some(id) = after {
            let step =
                self.database.write(move |conn, interning| prune::step(conn, interning, before, id)).await?;
            removed += step.removed;
            after = step.go_on_after;
        }
        Ok(removed)
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.write(move |conn, _| check::write(conn, Timestamp::now())).await
    }
}

#[async_trait]
impl ScheduleStore for EmbeddedStore {
    async fn marks(&self, owner: &str) -> Result<HashMap<String, Timestamp>, PortError> {
        let owner = owner.to_owned();
        self.database.read(move |conn| schedule::marks(conn, &owner)).await
    }

    async fn mark(&self, owner: &str, marks: &[(String, Timestamp)]) -> Result<(), PortError> {
        let (owner, marks) = (owner.to_owned(), marks.to_owned());
        self.database.write(move |conn, _| schedule::mark(conn, &owner, &marks)).await
    }
}
