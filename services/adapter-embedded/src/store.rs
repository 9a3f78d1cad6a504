//! Samples and schedules in `store.db`.

mod append;
mod each_sample;
mod newest;
mod note;
mod oldest;
mod prune;
mod range;
mod roll_up;
mod schedule;
mod walk;

use crate::positions;
use crate::series::{self, Interning};
use crate::sqlite::Database;
use append::Outcome;
use async_trait::async_trait;
use prune::OldSamples;
use rusqlite::Connection;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};
use watchkeeper_ports::{
    Append, Appended, Deleted, Group, Page, PortError, PositionStore, SampleKey, SampleQueries, SampleSink,
    SampleStore, ScheduleStore, SeriesDeletion, SeriesPage, Sink, StoredPosition, TopicId, TopicPartition,
    too_many_series,
};

/// The store's name for operators, and of its file.
const NAME: &str = "store";
const MIGRATIONS: [&str; 3] = [
    concat!(
        include_str!("series/schema.sql"),
        include_str!("positions/schema.sql"),
        include_str!("store/schema.sql"),
        include_str!("sqlite/check.sql")
    ),
    include_str!("positions/topic_ids.sql"),
    include_str!("store/notes.sql"),
];

/// Samples and schedules in `store.db`.
///
/// It is closed when the last handle is dropped; pending work is finished first, which may take as long as
/// one write to disk.
///
/// Four queries run at the same time, of which three may be for a range, for rollups, or for the newest or
/// oldest samples: those can be slow, and the others do not wait for them.
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

    /// The store as a sample store.
    pub fn samples(&self) -> Arc<dyn SampleStore> {
        Arc::new(self.clone())
    }

    /// The store as a schedule store.
    pub fn schedule(&self) -> Arc<dyn ScheduleStore> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl PositionStore for EmbeddedStore {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        positions::position(&self.database, group, partition, topic_id).await
    }
}

impl EmbeddedStore {
    async fn append(
        &self,
        batch: Arc<Append<Sample>>,
        max_series: Option<u64>,
    ) -> Result<Appended, PortError> {
        let work = move |conn: &Connection, interning: &mut Interning| {
            append::append(conn, interning, &batch, max_series)
        };
        match self.database.write(work).await? {
            Outcome::Appended(appended) => Ok(appended),
            Outcome::TooManySeries { series, samples: items } => {
                let reason = too_many_series(series, max_series.unwrap_or(u64::MAX));
                Err(PortError::ItemsRejected { what: NAME, reason, items })
            }
        }
    }
}

#[async_trait]
impl Sink<Sample> for EmbeddedStore {
    async fn append(&self, batch: Arc<Append<Sample>>) -> Result<Appended, PortError> {
        self.append(batch, None).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        series::prune(&self.database, OldSamples { before }).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}

#[async_trait]
impl SampleSink for EmbeddedStore {
    async fn append_within(
        &self,
        max_series: u64,
        batch: Arc<Append<Sample>>,
    ) -> Result<Appended, PortError> {
        self.append(batch, Some(max_series)).await
    }

    async fn series_count(&self) -> Result<u64, PortError> {
        self.database.read_long(series::count).await
    }
}

#[async_trait]
impl SeriesDeletion for EmbeddedStore {
    async fn delete(&self, filter: &SeriesFilter, after: &str) -> Result<Deleted, PortError> {
        series::delete(&self.database, OldSamples { before: Timestamp::MAX }, filter, after).await
    }
}

#[async_trait]
impl SampleStore for EmbeddedStore {
    async fn samples(
        &self,
        time: Range<Timestamp>,
        after: Option<&SampleKey>,
        limit: usize,
    ) -> Result<Vec<Sample>, PortError> {
        let after = after.cloned();
        self.database.read_long(move |conn| walk::samples(conn, time, after, limit)).await
    }
}

#[async_trait]
impl SampleQueries for EmbeddedStore {
    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError> {
        let (filter, page) = (filter.clone(), page.clone());
        self.database.read(move |conn| series::series_page(conn, &filter, &page)).await
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        let (filter, page) = (filter.clone(), page.clone());
        self.database.read(move |conn| newest::latest(conn, &filter, &page, until)).await
    }

    async fn newest(
        &self,
        filter: &SeriesFilter,
        limit: usize,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        let filter = filter.clone();
        self.database.read_long(move |conn| newest::newest(conn, &filter, limit, until)).await
    }

    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError> {
        let query = query.clone();
        self.database.read_long(move |conn| range::range(conn, &query, max_series)).await
    }

    async fn roll_up(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        let (query, page) = (query.clone(), page.clone());
        self.database.read_long(move |conn| roll_up::roll_up(conn, &query, &page)).await
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        self.database.read_long(oldest::oldest).await
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
