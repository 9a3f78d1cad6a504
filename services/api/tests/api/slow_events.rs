//! A store of events whose searches always take too long.

use async_trait::async_trait;
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::event::{Count, Field};
use watchkeeper_domain::{Event, EventFilter, EventId, Timestamp};
use watchkeeper_ports::{
    Bar, Counted, EventKey, EventPage, EventQueries, EventQuery, EventStore, FieldSeen, Order, PortError, Top,
};
use watchkeeper_test_kit::Staged;

/// Searches the second half of each range only.
pub(crate) struct SlowEvents(pub(crate) Arc<Staged<dyn EventStore>>);

fn middle(time: &Range<Timestamp>) -> Timestamp {
    time.start.plus(time.end.since(time.start) / 2)
}

#[async_trait]
impl EventQueries for SlowEvents {
    async fn events(
        &self,
        query: &EventQuery,
        _: Order,
        _: Option<EventKey>,
        _: usize,
    ) -> Result<EventPage, PortError> {
        let next = EventKey { occurred_at: middle(&query.time), id: EventId::from_u128(0) };
        Ok(EventPage { events: Vec::new(), next: Some(next), is_partial: true })
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, PortError> {
        self.0.event(id).await
    }

    async fn histogram(
        &self,
        filter: &EventFilter,
        edges: &[Timestamp],
    ) -> Result<Counted<Vec<Bar>>, PortError> {
        let found = self.0.histogram(filter, edges).await?.found;
        Ok(Counted { found, since: middle(&(edges[0]..edges[edges.len() - 1])) })
    }

    async fn top(&self, query: &EventQuery, field: &Field, limit: usize) -> Result<Counted<Top>, PortError> {
        let found = self.0.top(query, field, limit).await?.found;
        Ok(Counted { found, since: middle(&query.time) })
    }

    async fn fields(&self, query: &EventQuery) -> Result<(Vec<FieldSeen>, u64), PortError> {
        self.0.fields(query).await
    }

    async fn counts(&self, name: &str, time: Range<Timestamp>) -> Result<Vec<Count>, PortError> {
        self.0.counts(name, time).await
    }
}
