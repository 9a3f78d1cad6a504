//! Events, day by day, and then the numbers of events of these days.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::samples::days_between;
use crate::sides::{Between, Stores};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::event::{Condition, Count, CountKey, EVENTS, Fields};
use watchkeeper_domain::{Event, EventId, Timestamp};
use watchkeeper_ports::{Append, EventKey, EventQuery, EventStore, Order, PortError, Processed};

/// Events in one read.
const PAGE: usize = 500;
/// Most that one append adds to counts.
const ADDED_AT_ONCE: usize = 10_000;

/// The events of one day.
pub(crate) struct Day<'m> {
    stores: &'m Between<Stores>,
    time: Range<Timestamp>,
}

/// Every day from the oldest event to the newest.
pub(crate) async fn days(stores: &Between<Stores>) -> Result<Vec<Day<'_>>, PortError> {
    let time = Timestamp::MIN..Timestamp::MAX;
    let first = async |order| page(&*stores.here.events, &time, order, None, 1).await;
    let (oldest, newest) = (first(Order::OldestFirst).await?, first(Order::NewestFirst).await?);
    let (Some(oldest), Some(newest)) = (oldest.first(), newest.first()) else { return Ok(Vec::new()) };
    Ok(days_between(oldest.occurred_at, newest.occurred_at).map(|time| Day { stores, time }).collect())
}

/// The next events after the given one; none at the end.
async fn page(
    store: &dyn EventStore,
    time: &Range<Timestamp>,
    order: Order,
    mut after: Option<EventKey>,
    limit: usize,
) -> Result<Vec<Event>, PortError> {
    let query = EventQuery { filter: Condition::default().into(), time: time.clone() };
    loop {
        let page = store.events(&query, order, after, limit).await?;
        // A slow store may find nothing in its time, and say where to go on.
        if page.next.is_none() || !page.events.is_empty() {
            return Ok(page.events);
        }
        after = page.next;
    }
}

impl Carried for Day<'_> {
    type Item = Event;

    const BATCH: usize = PAGE;

    async fn here(&self, after: Option<&Event>) -> Result<Vec<Event>, PortError> {
        let after = after.map(EventKey::of);
        page(&*self.stores.here.events, &self.time, Order::OldestFirst, after, PAGE).await
    }

    async fn there(&self, after: Option<&Event>) -> Result<Vec<Event>, PortError> {
        let after = after.map(EventKey::of);
        page(&*self.stores.there.events, &self.time, Order::OldestFirst, after, PAGE).await
    }

    async fn put(&self, lacking: Vec<Event>) -> Result<(), PortError> {
        let lacking = lacking.into_iter().map(Processed::stored).collect();
        self.stores.there.events.append(Arc::new(Append::of(lacking))).await.map(drop)
    }
}

impl Item for Event {
    type Key<'a> = EventKey;

    fn key(&self) -> EventKey {
        EventKey::of(self)
    }

    fn standing(&self, there: &Self) -> Standing {
        if self == there { Standing::Same } else { Standing::Different }
    }
}

/// How many events one day had. The destination counts those that it gets, so it lacks only those that had been pruned
/// at the source.
pub(crate) struct CountsOfDay<'m>(Day<'m>);

/// Every day of which an event is left.
pub(crate) async fn counts(stores: &Between<Stores>) -> Result<Vec<CountsOfDay<'_>>, PortError> {
    Ok(days(stores).await?.into_iter().map(CountsOfDay).collect())
}

impl CountsOfDay<'_> {
    async fn of(&self, store: &dyn EventStore, after: Option<&Count>) -> Result<Vec<Count>, PortError> {
        if after.is_some() { Ok(Vec::new()) } else { store.counts(EVENTS, self.0.time.clone()).await }
    }
}

impl Carried for CountsOfDay<'_> {
    type Item = Count;

    const BATCH: usize = 10_000;

    async fn here(&self, after: Option<&Count>) -> Result<Vec<Count>, PortError> {
        self.of(&*self.0.stores.here.events, after).await
    }

    async fn there(&self, after: Option<&Count>) -> Result<Vec<Count>, PortError> {
        self.of(&*self.0.stores.there.events, after).await
    }

    async fn put(&self, lacking: Vec<Count>) -> Result<(), PortError> {
        let store = &self.0.stores.there.events;
        let there = self.of(&**store, None).await?;
        let there: BTreeMap<_, _> =
            there.iter().map(|count| ((count.minute, &count.key), count.events)).collect();
        let mut added = Vec::new();
        for count in &lacking {
            let events = there.get(&(count.minute, &count.key)).copied().unwrap_or_default();
            for _ in events..count.events {
                added.push((count.minute, count.key.clone()));
                if added.len() == ADDED_AT_ONCE {
                    add(&**store, std::mem::take(&mut added)).await?;
                }
            }
        }
        add(&**store, added).await
    }
}

/// Adds one event that is not stored to each of these counts.
async fn add(store: &dyn EventStore, counts: Vec<(Timestamp, CountKey)>) -> Result<(), PortError> {
    let counted = |(minute, key): (Timestamp, CountKey)| {
        let event = Event {
            id: EventId::given("counted"),
            occurred_at: minute,
            level: key.level,
            service: key.service.clone(),
            host: String::new(),
            message: String::new(),
            fields: Fields::new(),
        };
        Processed { is_stored: false, counts: vec![key], ..Processed::stored(event) }
    };
    store.append(Arc::new(Append::of(counts.into_iter().map(counted).collect()))).await.map(drop)
}

impl Item for Count {
    type Key<'a> = (Timestamp, &'a CountKey);

    fn key(&self) -> Self::Key<'_> {
        (self.minute, &self.key)
    }

    fn standing(&self, there: &Self) -> Standing {
        match there.events.cmp(&self.events) {
            std::cmp::Ordering::Less => Standing::Behind,
            std::cmp::Ordering::Equal => Standing::Same,
            std::cmp::Ordering::Greater => Standing::Different,
        }
    }
}
