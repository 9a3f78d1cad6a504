//! Events and their counts.

mod append;
mod copy;
mod counts;
mod filter;
mod given;
mod histogram;
mod names;
mod numbers;
mod one;
mod page;
mod prune;
mod rows;
mod search;
mod slices;
mod top;

use crate::database::Database;
use crate::days::{Days, EVENTS};
use crate::positions;
use async_trait::async_trait;
use names::{HOSTS, Names, Origins, SERVICES};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use watchkeeper_domain::event::{Count, Field};
use watchkeeper_domain::{Event, EventFilter, EventId, Level, Timestamp};
use watchkeeper_ports::{
    Append, Appended, Bar, Counted, EventKey, EventPage, EventQueries, EventQuery, EventSink, FieldSeen,
    Group, Order, PortError, PositionStore, Processed, Sink, StoredPosition, Top, TopicId, TopicPartition,
};

/// Events and their counts.
///
/// A search goes through time slice by slice, each with its own statement, so that whatever time is left, it can say how
/// far it came. What of a filter cannot be said in SQL exactly is checked here, row by row.
pub(crate) struct Events {
    database: Arc<Database>,
    services: Names,
    hosts: Names,
    days: Days,
    /// Whether the last append had duplicates: the next one is likely to have some too.
    has_repeated: AtomicBool,
}

impl Events {
    fn origins(&self) -> Origins<'_> {
        Origins { services: &self.services, hosts: &self.hosts }
    }

    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self {
            database,
            services: Names::of(SERVICES),
            hosts: Names::of(HOSTS),
            days: Days::of(EVENTS),
            has_repeated: AtomicBool::new(false),
        }
    }
}

#[async_trait]
impl PositionStore for Events {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        self.database
            .call(async |connection| positions::find(connection, group, partition, topic_id).await)
            .await
    }
}

#[async_trait]
impl Sink<Processed> for Events {
    async fn append(&self, batch: Arc<Append<Processed>>) -> Result<Appended, PortError> {
        let now = Timestamp::now();
        self.database.call(async |connection| self.store(connection, &batch, now).await).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        let now = Timestamp::now();
        self.database.many_calls(async |connection| self.remove(connection, before, now).await).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}

#[async_trait]
impl EventSink for Events {
    async fn prune_some(
        &self,
        service: Option<&str>,
        up_to: Option<Level>,
        before: Timestamp,
    ) -> Result<u64, PortError> {
        self.database
            .many_calls(async |connection| prune::some(connection, service, up_to, before).await)
            .await
    }
}

#[async_trait]
impl EventQueries for Events {
    async fn events(
        &self,
        query: &EventQuery,
        order: Order,
        after: Option<EventKey>,
        limit: usize,
    ) -> Result<EventPage, PortError> {
        self.database
            .long_call(async |connection| {
                page::page(connection, self.origins(), query, order, after, limit).await
            })
            .await
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, PortError> {
        self.database.long_call(async |connection| one::find(connection, id).await).await
    }

    async fn histogram(
        &self,
        filter: &EventFilter,
        edges: &[Timestamp],
    ) -> Result<Counted<Vec<Bar>>, PortError> {
        self.database
            .long_call(async |connection| {
                histogram::histogram(connection, self.origins(), filter, edges).await
            })
            .await
    }

    async fn top(&self, query: &EventQuery, field: &Field, limit: usize) -> Result<Counted<Top>, PortError> {
        self.database
            .long_call(async |connection| top::top(connection, self.origins(), query, field, limit).await)
            .await
    }

    async fn fields(&self, query: &EventQuery) -> Result<(Vec<FieldSeen>, u64), PortError> {
        self.database
            .long_call(async |connection| page::fields(connection, self.origins(), query).await)
            .await
    }

    async fn counts(&self, name: &str, time: Range<Timestamp>) -> Result<Vec<Count>, PortError> {
        self.database.long_call(async |connection| counts::find(connection, name, time).await).await
    }
}
