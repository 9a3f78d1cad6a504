//! One event with its neighbours.

use super::Events;
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::event::{Condition, Field, Test};
use watchkeeper_domain::{Event, EventFilter, EventId, Timestamp};
use watchkeeper_ports::{EventKey, EventQuery, Order, PortError};

/// Most neighbours before and after an event.
pub const MAX_AROUND: usize = 200;
/// How far from the event neighbours are searched.
pub const AROUND_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// An event with its neighbours of the same service and host.
#[derive(Clone, Debug, PartialEq)]
pub struct Around {
    /// Those before it, oldest first.
    pub before: Vec<Event>,
    /// The event.
    pub event: Event,
    /// Those after it, oldest first.
    pub after: Vec<Event>,
    /// Whether the search for neighbours took too long.
    pub is_partial: bool,
}

impl Events {
    /// The event with this id, and at most `neighbours` before and after it, of the same service and host and at most
    /// [`AROUND_WITHIN`] from it.
    ///
    /// # Errors
    /// Those of [`EventQueries`](watchkeeper_ports::EventQueries).
    pub async fn around(&self, id: EventId, neighbours: usize) -> Result<Option<Around>, PortError> {
        let Some(event) = self.store.event(id).await? else { return Ok(None) };
        if neighbours == 0 {
            return Ok(Some(Around { before: Vec::new(), event, after: Vec::new(), is_partial: false }));
        }
        let (at, key) = (event.occurred_at, EventKey::of(&event));
        let same = EventFilter::from(Condition::All(vec![
            is(Field::Service, &event.service),
            is(Field::Host, &event.host),
        ]));
        let search = |time: Range<Timestamp>, order| {
            let query = EventQuery { filter: same.clone(), time };
            async move { self.store.events(&query, order, Some(key), neighbours).await }
        };
        // Events of the same instant are on either side.
        let just_after = at.plus(Duration::from_micros(1));
        let (before, after) = tokio::try_join!(
            search(at.minus(AROUND_WITHIN)..just_after, Order::NewestFirst),
            search(at..at.plus(AROUND_WITHIN), Order::OldestFirst),
        )?;
        let is_partial = before.is_partial || after.is_partial;
        let mut before = before.events;
        before.reverse();
        Ok(Some(Around { before, event, after: after.events, is_partial }))
    }
}

/// The field has this value, or none.
fn is(field: Field, value: &str) -> Condition {
    if value.is_empty() {
        return Condition::Not(Box::new(Condition::Field(field, Test::Exists)));
    }
    Condition::Field(field, Test::Equals(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Scripted, event};
    use super::*;

    fn messages(events: &[Event]) -> Vec<&str> {
        events.iter().map(|event| event.message.as_str()).collect()
    }

    #[tokio::test]
    async fn an_event_is_shown_with_the_lines_around_it_of_its_service_and_host() {
        let of = |at, message: &str, service: &str| Event { service: service.into(), ..event(at, message) };
        let all = [
            of(1, "one", "shop"),
            of(2, "two", "shop"),
            of(2, "elsewhere", "blog"),
            of(3, "three", "shop"),
            of(3, "same instant", "shop"),
            of(4, "four", "shop"),
            of(4, "unknown", ""),
        ];
        let store = Scripted::with(all);
        let id = store.id_of("three");
        let found = store.events().around(id, 2).await.unwrap().unwrap();
        assert_eq!(messages(&found.before), ["one", "two"]);
        assert_eq!((found.event.message.as_str(), found.is_partial), ("three", false));
        assert_eq!(messages(&found.after), ["same instant", "four"]);
        let alone = store.events().around(store.id_of("unknown"), 2).await.unwrap().unwrap();
        assert!(alone.before.is_empty(), "without a service, only those without one are neighbours");
        assert_eq!(store.events().around(EventId::given("none"), 2).await, Ok(None));
        let one = store.events().around(id, 0).await.unwrap().unwrap();
        assert!(one.before.is_empty() && one.after.is_empty());
    }
}
