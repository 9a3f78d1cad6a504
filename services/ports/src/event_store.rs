//! The long-term store of events.

mod seen;

pub use seen::{FieldsSeen, MAX_FIELDS_SEEN, MAX_VALUES_BYTES, ValuesSeen};

use crate::{PortError, Sink, Topic};
use async_trait::async_trait;
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::event::{Count, CountKey, Field};
use watchkeeper_domain::{Event, EventFilter, EventId, Level, Timestamp};

/// How long a query of events may search before it answers with what it has found so far. The adapter stops
/// within a second more.
pub const SEARCH_WITHIN: Duration = Duration::from_secs(5);
/// Most events that [`EventQueries::fields`] looks at.
pub const FIELDS_OF_EVENTS: usize = 2_000;

/// What became of an event in the processor.
#[derive(Clone, Debug, PartialEq)]
pub struct Processed {
    /// The event.
    pub event: Event,
    /// Whether the event itself is stored; a sampled or dropped one is counted at most.
    pub is_stored: bool,
    /// What it adds to, beside [`EVENTS`](watchkeeper_domain::event::EVENTS), to which every stored event adds.
    pub counts: Vec<CountKey>,
    /// The topic to which it is published before it is stored, if there is one. Stores ignore it.
    pub route: Option<Topic>,
}

impl Processed {
    /// An event that is stored, and counted like every other.
    pub const fn stored(event: Event) -> Self {
        Self { event, is_stored: true, counts: Vec::new(), route: None }
    }
}

/// The write side of an event store.
///
/// An event is stored once: one with the id of a stored one is skipped with all that it would add to counts. Where
/// [`EventId::is_given`], that holds whatever the time of the other is; else for events of the same instant. Counts
/// change in the transaction that stores the events. An event that is not stored is neither new nor repeated in
/// [`Appended`](crate::Appended), and counts each time. [`Sink::prune`] returns the number of events, without the counts
/// that it removes.
#[async_trait]
pub trait EventSink: Sink<Processed> {
    /// Removes events of this service, if one is given, up to this level, if one is given, that are older than
    /// `before`; returns how many. Their counts stay. Works in steps, like [`Sink::prune`], which removes counts,
    /// too.
    async fn prune_some(
        &self,
        service: Option<&str>,
        up_to: Option<Level>,
        before: Timestamp,
    ) -> Result<u64, PortError>;
}

/// Which events a query is about.
#[derive(Clone, Debug, PartialEq)]
pub struct EventQuery {
    /// Which of them.
    pub filter: EventFilter,
    /// When they occurred.
    pub time: Range<Timestamp>,
}

/// In which order events are returned. Events of one instant are ordered by id, which is by arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
}

/// A place between events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventKey {
    /// When the event before it occurred.
    pub occurred_at: Timestamp,
    /// The id of that event; a place between two instants has one that no event has.
    pub id: EventId,
}

impl EventKey {
    /// The place of `event`.
    pub const fn of(event: &Event) -> Self {
        Self { occurred_at: event.occurred_at, id: event.id }
    }
}

/// A page of events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// Where to continue; `None` if no more events match.
    pub next: Option<EventKey>,
    /// Whether the search ended because of [`SEARCH_WITHIN`], and not because the page is full: then the page may
    /// have no event at all, and the search continues at `next`.
    pub is_partial: bool,
}

/// Numbers of events, and the part of the range in which they were counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted<T> {
    /// The numbers.
    pub found: T,
    /// Since when they are complete: the start of the range, unless [`SEARCH_WITHIN`] ended the search, which
    /// goes from the newest to the oldest.
    pub since: Timestamp,
}

/// The events of one bar of a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// How many, by [`Level::number`].
    pub by_level: [u64; Level::ALL.len()],
}

impl Bar {
    /// How many there are of all levels.
    pub fn events(&self) -> u64 {
        self.by_level.iter().sum()
    }
}

/// The most frequent values of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Top {
    /// Values and how many events have them, most frequent first, then by value.
    pub values: Vec<(String, u64)>,
    /// Events with another value.
    pub others: u64,
    /// Events without the field.
    pub without: u64,
}

/// A field of some events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSeen {
    /// Its name as in a query.
    pub name: String,
    /// How many of the events have it.
    pub events: u64,
    /// One of its values.
    pub example: String,
}

/// Queries of events.
///
/// A query that takes longer than [`SEARCH_WITHIN`] answers with what it has found, and says so; how it says is a
/// part of each answer.
#[async_trait]
pub trait EventQueries: Send + Sync {
    /// The first `limit` matching events, or those that follow `after`. Pages that continue each other have each
    /// event once, whatever is stored meanwhile.
    async fn events(
        &self,
        query: &EventQuery,
        order: Order,
        after: Option<EventKey>,
        limit: usize,
    ) -> Result<EventPage, PortError>;

    /// The event with this id.
    async fn event(&self, id: EventId) -> Result<Option<Event>, PortError>;

    /// The matching events between each two neighbours of `edges`, which ascend; at least two.
    async fn histogram(
        &self,
        filter: &EventFilter,
        edges: &[Timestamp],
    ) -> Result<Counted<Vec<Bar>>, PortError>;

    /// The `limit` most frequent values of a field among the matching events. Lists count with each item, objects
    /// do not count.
    async fn top(&self, query: &EventQuery, field: &Field, limit: usize) -> Result<Counted<Top>, PortError>;

    /// The fields of the newest [`FIELDS_OF_EVENTS`] matching events, and of how many events they are: by number
    /// of events, then by name.
    async fn fields(&self, query: &EventQuery) -> Result<(Vec<FieldSeen>, u64), PortError>;

    /// The counts of the minutes that begin in `time`, of that name: by minute, then by key.
    async fn counts(&self, name: &str, time: Range<Timestamp>) -> Result<Vec<Count>, PortError>;
}

/// All events, and the positions of the consumers that store them.
pub trait EventStore: EventSink + EventQueries {}

impl<T: EventSink + EventQueries> EventStore for T {}
