//! Searches for which there is not enough time.

use super::{append, event, ever};
use crate::place::Place;
use crate::samples::midnight;
use serde_json::json;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::event::{Condition, Field};
use watchkeeper_ports::{EventPage, Order, SEARCH_WITHIN};

const DAY: u64 = 86_400;

#[tokio::test]
async fn a_search_that_takes_too_long_says_what_it_has_found_and_where_it_continues() {
    let place = Place::fresh();
    let store = place.store().events();
    let events = [0, 3 * DAY - 2, 3 * DAY - 1].map(|seconds| event(seconds, "said", json!({})));
    append(&*store, events.clone()).await;
    // As slow as a table can be.
    let mut client = place.client().await;
    let lock = client.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE event_rows_20261120 IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let (all, filter) = (ever(Condition::default()), Condition::default().into());
    let began = std::time::Instant::now();
    let edges = [midnight(0), midnight(1), midnight(2), midnight(3)];
    let (page, bars, top, oldest) = tokio::join!(
        store.events(&all, Order::NewestFirst, None, 10),
        store.histogram(&filter, &edges),
        store.top(&all, &Field::Message, 1),
        store.events(&all, Order::OldestFirst, None, 10),
    );
    assert!(began.elapsed() < SEARCH_WITHIN + std::time::Duration::from_secs(2));
    let EventPage { events: found, next, is_partial } = page.unwrap();
    assert!(is_partial);
    assert_eq!(found, [events[2].clone(), events[1].clone()]);
    let border = next.unwrap().occurred_at;
    assert!(border > events[0].occurred_at && border < midnight(3), "{border}");
    let bars = bars.unwrap();
    assert_eq!((bars.found[2].events(), bars.found[0].events()), (2, 0));
    assert!(bars.since > midnight(0) && bars.since < midnight(3), "{}", bars.since);
    let top = top.unwrap();
    assert_eq!((top.found.values, top.found.others), (vec![("said".to_owned(), 2)], 0));
    assert_eq!(oldest.unwrap(), EventPage { events: vec![], next: Some(oldest_place()), is_partial: true });
    lock.rollback().await.unwrap();
    let rest = store.events(&all, Order::NewestFirst, next, 10).await.unwrap();
    assert_eq!(rest, EventPage { events: vec![events[0].clone()], ..EventPage::default() });
}

/// The search from the oldest on has covered nothing.
fn oldest_place() -> watchkeeper_ports::EventKey {
    let id = watchkeeper_domain::EventId::from_u128(0);
    watchkeeper_ports::EventKey { occurred_at: midnight(0), id }
}

#[tokio::test]
async fn an_id_that_names_no_event_is_not_found() {
    let place = Place::fresh();
    let store = place.store().events();
    append(&*store, [event(0, "said", json!({}))]).await;
    let other = watchkeeper_domain::EventId::of_record(midnight(0), 77, 1);
    assert_eq!(store.event(other).await.unwrap(), None);
    // An event from an old file: its id was made years after it happened.
    let old = watchkeeper_domain::Event {
        occurred_at: "2019-01-01T00:00:00Z".parse().unwrap(),
        ..event(1, "old", json!({}))
    };
    append(&*store, [old.clone()]).await;
    assert_eq!(store.event(old.id).await.unwrap(), Some(old));
    assert!(Timestamp::MIN < midnight(0));
}
