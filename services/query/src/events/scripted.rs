//! A store of events in memory, and a cache of answers, that can be scripted to stop early or fail.

use super::{Events, EventsQuestion};
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::event::{Count, CountKey, EVENTS, Field, Fields};
use watchkeeper_domain::{Event, EventFilter, EventId, Level, Timestamp};
use watchkeeper_ports::{
    AnswerCache, Bar, Counted, EventKey, EventPage, EventQueries, EventQuery, FieldSeen, Order, PortError,
    Top,
};

/// A store and a cache.
#[derive(Clone)]
pub(super) struct Scripted(Arc<Mutex<Inner>>);

struct Inner {
    events: Vec<Event>,
    /// How many events a search finds before it takes too long.
    stop_after: usize,
    is_failing: bool,
    has_no_cache: bool,
    calls: usize,
    answers: HashMap<String, (Bytes, Duration)>,
}

/// An event of so many seconds after the start of [`question`], with an id by order of creation.
pub(super) fn event(seconds: u64, message: &str) -> Event {
    use std::sync::atomic::{AtomicU64, Ordering};
    static ARRIVED: AtomicU64 = AtomicU64::new(0);
    let at = question(1).query.time.start.plus(Duration::from_secs(seconds));
    Event {
        id: EventId::of_record(at, ARRIVED.fetch_add(1, Ordering::Relaxed), 0),
        occurred_at: at,
        level: Level::Info,
        service: "shop".into(),
        host: "web-1".into(),
        message: message.into(),
        fields: Fields::from_iter([("status".to_owned(), 200.into())]),
    }
}

/// All events of an hour, newest first.
pub(super) fn question(limit: usize) -> EventsQuestion {
    let time = "2026-11-29T09:00:00Z".parse().unwrap().."2026-11-29T10:00:00Z".parse().unwrap();
    let query = EventQuery { filter: EventFilter::default(), time };
    EventsQuestion { query, order: Order::NewestFirst, after: None, limit }
}

impl Scripted {
    pub(super) fn with(events: impl IntoIterator<Item = Event>) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            events: events.into_iter().collect(),
            stop_after: usize::MAX,
            is_failing: false,
            has_no_cache: false,
            calls: 0,
            answers: HashMap::new(),
        })))
    }

    pub(super) fn events(&self) -> Events {
        Events::new(Arc::new(self.clone()), Arc::new(self.clone()))
    }

    pub(super) fn add(&self, event: Event) {
        self.0.lock().events.push(event);
    }

    pub(super) fn stop_after(&self, events: usize) {
        self.0.lock().stop_after = events;
    }

    pub(super) fn fail(&self) {
        self.0.lock().is_failing = true;
    }

    pub(super) fn lose_cache(&self) {
        self.0.lock().has_no_cache = true;
    }

    pub(super) fn break_answers(&self) {
        self.0.lock().answers.values_mut().for_each(|(answer, _)| *answer = Bytes::from_static(b"[7"));
    }

    /// Calls of the store.
    pub(super) fn calls(&self) -> usize {
        self.0.lock().calls
    }

    /// How long answers are kept.
    pub(super) fn ttls(&self) -> Vec<Duration> {
        self.0.lock().answers.values().map(|(_, ttl)| *ttl).collect()
    }

    pub(super) fn id_of(&self, message: &str) -> EventId {
        self.0.lock().events.iter().find(|event| event.message == message).unwrap().id
    }

    /// The matching events, newest first.
    fn matching(&self, filter: &EventFilter, time: &Range<Timestamp>) -> Result<Vec<Event>, PortError> {
        let mut inner = self.0.lock();
        inner.calls += 1;
        if inner.is_failing {
            return Err(unavailable("store"));
        }
        let mut found = inner.events.clone();
        found.retain(|event| time.contains(&event.occurred_at) && filter.matches(event));
        found.sort_by_key(|event| std::cmp::Reverse(EventKey::of(event)));
        Ok(found)
    }
}

fn unavailable(what: &'static str) -> PortError {
    PortError::Unavailable { what, reason: "scripted".into() }
}

#[async_trait]
impl EventQueries for Scripted {
    async fn events(
        &self,
        query: &EventQuery,
        order: Order,
        after: Option<EventKey>,
        limit: usize,
    ) -> Result<EventPage, PortError> {
        let mut events = self.matching(&query.filter, &query.time)?;
        if order == Order::OldestFirst {
            events.reverse();
        }
        events.retain(|event| match (after, order) {
            (None, _) => true,
            (Some(after), Order::NewestFirst) => EventKey::of(event) < after,
            (Some(after), Order::OldestFirst) => EventKey::of(event) > after,
        });
        let stop_after = self.0.lock().stop_after;
        let (has_more, is_partial) =
            (events.len() > limit.min(stop_after), stop_after < limit.min(events.len()));
        events.truncate(limit.min(stop_after));
        let next = events.last().filter(|_| has_more).map(EventKey::of);
        Ok(EventPage { events, next, is_partial })
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, PortError> {
        Ok(self.0.lock().events.iter().find(|event| event.id == id).cloned())
    }

    async fn histogram(
        &self,
        filter: &EventFilter,
        edges: &[Timestamp],
    ) -> Result<Counted<Vec<Bar>>, PortError> {
        let time = edges[0]..edges[edges.len() - 1];
        let mut bars = vec![Bar::default(); edges.len() - 1];
        for event in self.matching(filter, &time)? {
            let bar = edges.partition_point(|edge| *edge <= event.occurred_at) - 1;
            bars[bar].by_level[usize::from(event.level.number())] += 1;
        }
        Ok(Counted { found: bars, since: edges[0] })
    }

    async fn top(&self, query: &EventQuery, field: &Field, limit: usize) -> Result<Counted<Top>, PortError> {
        let mut values: BTreeMap<String, u64> = BTreeMap::new();
        for event in self.matching(&query.filter, &query.time)? {
            for value in field.values(&event) {
                *values.entry(value.into_owned()).or_default() += 1;
            }
        }
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let others = values.iter().skip(limit).map(|(_, count)| count).sum();
        values.truncate(limit);
        Ok(Counted { found: Top { values, others, without: 0 }, since: query.time.start })
    }

    async fn fields(&self, query: &EventQuery) -> Result<(Vec<FieldSeen>, u64), PortError> {
        let events = self.matching(&query.filter, &query.time)?.len() as u64;
        let field = |name: &str| FieldSeen { name: name.into(), events, example: "200".into() };
        Ok((vec![field("status"), field("Trace")], events))
    }

    async fn counts(&self, name: &str, time: Range<Timestamp>) -> Result<Vec<Count>, PortError> {
        let events = self.matching(&EventFilter::default(), &time)?.len() as u64;
        let labels = [("status".to_owned(), "200".to_owned())].into();
        let key = CountKey { name: name.into(), service: "shop".into(), level: Level::Info, labels };
        Ok(if name == EVENTS { vec![Count { minute: time.start, key, events }] } else { Vec::new() })
    }
}

#[async_trait]
impl AnswerCache for Scripted {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let inner = self.0.lock();
        if inner.has_no_cache {
            return Err(unavailable("cache"));
        }
        Ok(inner.answers.get(key).map(|(answer, _)| answer.clone()))
    }

    async fn put(&self, key: &str, answer: Bytes, ttl: Duration) -> Result<(), PortError> {
        let mut inner = self.0.lock();
        if inner.has_no_cache {
            return Err(unavailable("cache"));
        }
        inner.answers.insert(key.to_owned(), (answer, ttl));
        Ok(())
    }
}
