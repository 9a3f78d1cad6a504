//! More than one statement reads, removes or remembers.

use super::{append, event, ever, is};
use crate::place::Place;
use crate::samples::midnight;
use serde_json::json;
use std::time::Duration;
use watchkeeper_domain::event::{Condition, Field, MAX_MESSAGE_BYTES, Test};
use watchkeeper_domain::{Event, EventFilter, Level};
use watchkeeper_ports::{EventQuery, EventStore, FIELDS_OF_EVENTS, MAX_VALUES_BYTES, Order};

/// More than one step removes, and more than one statement reads to be checked.
const MANY: u64 = 12_000;

/// Events of a second each, of which the first alone has a field `first`, in lists of lists that SQL does not look into.
async fn filled(place: &Place) -> std::sync::Arc<dyn EventStore> {
    let store = place.store().events();
    let fields =
        |number: u64| if number == 0 { json!({"a": [[["first"]]]}) } else { json!({"a": [[["x"]]]}) };
    append(&*store, (0..MANY).map(|number| event(number, "said", fields(number)))).await;
    store
}

#[tokio::test]
async fn more_events_than_one_statement_reads_are_checked() {
    let place = Place::fresh();
    let store = filled(&place).await;
    let query = ever(is(Field::Other("a".into()), "first"));
    let page = store.events(&query, Order::NewestFirst, None, 5).await.unwrap();
    assert_eq!(page.events.iter().map(|event| event.occurred_at).collect::<Vec<_>>(), [midnight(0)]);
    assert_eq!((page.next, page.is_partial), (None, false));
    let (fields, events) = store.fields(&ever(Condition::default())).await.unwrap();
    assert_eq!((fields[0].events, events), (FIELDS_OF_EVENTS as u64, FIELDS_OF_EVENTS as u64));
}

#[tokio::test]
async fn more_events_than_one_step_removes_are_removed() {
    let place = Place::fresh();
    let store = filled(&place).await;
    append(&*store, [Event { level: Level::Error, ..event(MANY, "failed", json!({})) }]).await;
    let end = midnight(1);
    assert_eq!(store.prune_some(Some("bank"), None, end).await.unwrap(), 0);
    assert_eq!(store.prune_some(Some("shop"), Some(Level::Info), end).await.unwrap(), MANY);
    assert_eq!(store.prune_some(None, Some(Level::Error), end).await.unwrap(), 1);
}

#[tokio::test]
async fn more_names_than_are_tried_are_still_matched() {
    let place = Place::fresh();
    let store = place.store().events();
    append(
        &*store,
        [event(0, "said", json!({})), Event { service: "bank".into(), ..event(1, "said", json!({})) }],
    )
    .await;
    let names =
        "INSERT INTO event_services (name) SELECT 'other-' || number FROM generate_series(1, 50000) number";
    place.client().await.execute(names, &[]).await.unwrap();
    let like = Condition::Field(Field::Service, Test::Like(vec!["ba".into(), String::new()]));
    for (condition, expected) in [(like.clone(), "bank"), (Condition::Not(Box::new(like)), "shop")] {
        let page = store.events(&ever(condition), Order::NewestFirst, None, 5).await.unwrap();
        assert_eq!(page.events.iter().map(|event| event.service.as_str()).collect::<Vec<_>>(), [expected]);
    }
}

#[tokio::test]
async fn more_values_than_memory_has_room_for_end_the_search() {
    let place = Place::fresh();
    let store = place.store().events();
    let text = "x".repeat(MAX_MESSAGE_BYTES - 8);
    let large = (MAX_VALUES_BYTES / MAX_MESSAGE_BYTES) as u64 + 2;
    append(
        &*store,
        (0..large).map(|number| event(0, &format!("{number} {text}"), json!({}))).enumerate().map(
            |(number, one)| Event { id: watchkeeper_domain::EventId::given(&number.to_string()), ..one },
        ),
    )
    .await;
    // In the first slice.
    append(&*store, [event(80_000, "short", json!({}))]).await;
    let end = midnight(0).plus(Duration::from_secs(80_001));
    let until_then = EventQuery { filter: EventFilter::default(), time: midnight(0)..end };
    let top = store.top(&until_then, &Field::Message, 3).await.unwrap();
    assert_eq!(top.found.values, [("short".to_owned(), 1)]);
    assert!(top.since > midnight(0), "{}", top.since);
}
