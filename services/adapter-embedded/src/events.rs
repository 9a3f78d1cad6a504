//! Events and their counts in `events.db`: a separate file, so that storing them does not delay samples.

mod append;
mod counting;
mod decide;
mod names;
mod prune;
mod row;
mod search;
mod walk;

use crate::positions;
use crate::sqlite::Database;
use append::Known;
use async_trait::async_trait;
use prune::Old;
use row::Rows;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::event::{Count, Field};
use watchkeeper_domain::{Event, EventFilter, EventId, Level, Timestamp};
use watchkeeper_ports::{
    Append, Appended, Bar, Counted, EventKey, EventPage, EventQueries, EventQuery, EventSink, FieldSeen,
    Group, Order, PortError, PositionStore, Processed, SEARCH_WITHIN, Sink, StoredPosition, Top, TopicId,
    TopicPartition,
};

/// The store's name for operators, and of its file.
const NAME: &str = "events";
const MIGRATIONS: [&str; 1] = [concat!(
    include_str!("events/schema.sql"),
    include_str!("positions/schema.sql"),
    include_str!("positions/topic_ids.sql"),
    include_str!("sqlite/check.sql")
)];

/// Events and their counts in `events.db`.
///
/// It is closed when it is dropped; pending work is finished first, which may take as long as one write to disk.
///
/// Three searches run at the same time. A search walks an index that has level, service and host, in order of time, and
/// reads the events about which these do not decide: those about texts and fields.
pub struct EmbeddedEvents {
    database: Database<Known>,
    search_within: Duration,
}

impl EmbeddedEvents {
    /// Opens the store in `dir`, and creates both if need be. Blocks.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] while another process has it open; [`PortError::Broken`] if the file
    /// is damaged, of a newer version, or cannot be created.
    pub fn open(dir: &Path) -> Result<Self, PortError> {
        let database = Database::open(dir, NAME, &MIGRATIONS, |_| Ok(Known::default()))?;
        Ok(Self { database, search_within: SEARCH_WITHIN })
    }

    async fn prune_counts(&self, before: Timestamp) -> Result<(), PortError> {
        let mut after = Some(0);
        while let Some(key) = after {
            let step = move |conn: &rusqlite::Connection, known: &mut Known| {
                let step = counting::prune(conn, before, key)?;
                if step.has_removed_keys {
                    known.forget_count_keys();
                }
                Ok(step.go_on_after)
            };
            after = self.database.write(step).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl PositionStore for EmbeddedEvents {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        positions::position(&self.database, group, partition, topic_id).await
    }
}

#[async_trait]
impl Sink<Processed> for EmbeddedEvents {
    async fn append(&self, batch: Arc<Append<Processed>>) -> Result<Appended, PortError> {
        self.database.write(move |conn, known| append::append(conn, known, &batch)).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        let removed = self.prune_some(None, None, before).await?;
        self.prune_counts(before).await?;
        Ok(removed)
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}

#[async_trait]
impl EventSink for EmbeddedEvents {
    async fn prune_some(
        &self,
        service: Option<&str>,
        up_to: Option<Level>,
        before: Timestamp,
    ) -> Result<u64, PortError> {
        prune::prune(&self.database, Old { service: service.map(str::to_owned), up_to, before }).await
    }
}

#[async_trait]
impl EventQueries for EmbeddedEvents {
    async fn events(
        &self,
        query: &EventQuery,
        order: Order,
        after: Option<EventKey>,
        limit: usize,
    ) -> Result<EventPage, PortError> {
        let (query, within) = (query.clone(), self.search_within);
        self.database.read_long(move |conn| search::page(conn, &query, order, after, limit, within)).await
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, PortError> {
        self.database.read(move |conn| Rows::of(conn).with_id(id)).await
    }

    async fn histogram(
        &self,
        filter: &EventFilter,
        edges: &[Timestamp],
    ) -> Result<Counted<Vec<Bar>>, PortError> {
        let (filter, edges, within) = (filter.clone(), edges.to_owned(), self.search_within);
        self.database.read_long(move |conn| search::histogram(conn, &filter, &edges, within)).await
    }

    async fn top(&self, query: &EventQuery, field: &Field, limit: usize) -> Result<Counted<Top>, PortError> {
        let (query, field, within) = (query.clone(), field.clone(), self.search_within);
        self.database.read_long(move |conn| search::top(conn, &query, &field, limit, within)).await
    }

    async fn fields(&self, query: &EventQuery) -> Result<(Vec<FieldSeen>, u64), PortError> {
        let (query, within) = (query.clone(), self.search_within);
        self.database.read_long(move |conn| search::fields(conn, &query, within)).await
    }

    async fn counts(&self, name: &str, time: Range<Timestamp>) -> Result<Vec<Count>, PortError> {
        let name = name.to_owned();
        self.database.read(move |conn| counting::counts(conn, &name, &time)).await
    }
}

#[cfg(test)]
mod tests;
