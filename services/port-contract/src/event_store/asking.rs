//! Pages of events.

use super::{ALWAYS, append, event, found, in_order, is, messages, of, other, with_fields};
use crate::Fixture;
use crate::samples::after;
use serde_json::json;
use std::time::Duration;
use watchkeeper_domain::event::{Condition, EVENTS, EventIds, Field, Test};
use watchkeeper_domain::{Event, EventFilter, EventId, Timestamp};
use watchkeeper_ports::{EventKey, EventPage, EventQuery, EventStore, Order, Top};

fn all() -> EventQuery {
    of(Condition::default())
}

fn reversed<T>(items: impl IntoIterator<Item = T, IntoIter: DoubleEndedIterator>) -> Vec<T> {
    items.into_iter().rev().collect()
}

pub async fn events_come_in_order_of_time_and_of_arrival<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let (store, mut ids) = (fixture.open().await, EventIds::new(7));
    let mut arrived = |message: &str, seconds| Event { id: ids.next(after(9)), ..event(message, seconds) };
    let events = ["a", "b", "c"].map(|message| arrived(message, 1));
    let (early, late) = (arrived("early", 0), arrived("late", 2));
    append(&*store, [late.clone(), events[1].clone(), events[0].clone()]).await;
    append(&*store, [early.clone(), events[2].clone()]).await;
    let expected: Vec<_> = [early].into_iter().chain(events).chain([late]).collect();
    assert_eq!(found(&*store, &all(), Order::OldestFirst, 10).await, expected);
    assert_eq!(found(&*store, &all(), Order::NewestFirst, 10).await, reversed(expected));
}

pub async fn events_of_one_instant_are_each_on_one_page<F: Fixture<dyn EventStore>>() {
    const EVENTS: u64 = 250;
    let fixture = F::fresh().await;
    let (store, mut ids) = (fixture.open().await, EventIds::new(7));
    let mut events: Vec<_> = (0..EVENTS)
        .map(|number| Event { id: ids.next(after(0)), ..event(&format!("n{}", number.max(1)), 0) })
        .collect();
    assert_eq!(events[0].message, events[1].message, "two are alike");
    events.push(event("before", 0));
    events.push(event("after", 1));
    append(&*store, events.clone()).await;
    let expected = in_order(events);
    for limit in [1, 7, 100, 252, 1_000] {
        assert_eq!(found(&*store, &all(), Order::OldestFirst, limit).await, expected, "pages of {limit}");
        let newest = found(&*store, &all(), Order::NewestFirst, limit).await;
        assert_eq!(newest, reversed(expected.clone()), "pages of {limit}");
    }
}

pub async fn pages_have_each_event_once_whatever_arrives_meanwhile<F: Fixture<dyn EventStore>>() {
    const EVENTS: u64 = 40;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let events: Vec<_> = (0..EVENTS).map(|number| event(&format!("n{number}"), number / 4)).collect();
    append(&*store, events.clone()).await;
    for (order, expected) in
        [(Order::NewestFirst, reversed(in_order(events.clone()))), (Order::OldestFirst, in_order(events))]
    {
        let (mut next, mut seen, mut page_number) = (None, Vec::new(), 0);
        loop {
            let EventPage { events, next: continues, .. } =
                store.events(&all(), order, next, 3).await.unwrap();
            seen.extend(events.into_iter().filter(|event| event.message.starts_with('n')));
            next = continues;
            if next.is_none() {
                break;
            }
            page_number += 1;
            // At the place where it continues, before it and after it.
            let arriving = [0, page_number / 4, EVENTS]
                .map(|seconds| event(&format!("arrived {order:?} {page_number} {seconds}"), seconds));
            append(&*store, arriving).await;
        }
        assert_eq!(seen, expected, "{order:?}");
    }
}

pub async fn a_place_without_an_event_is_a_place<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, [event("a", 1), event("b", 2), event("c", 3)]).await;
    let after_place = async |order, key| {
        let page = store.events(&all(), order, Some(key), 10).await.unwrap();
        page.events.into_iter().map(|event| event.message).collect::<Vec<_>>()
    };
    let (first, last) = (EventId::from_u128(0), EventId::from_u128(u128::MAX));
    let key = |seconds, id| EventKey { occurred_at: after(seconds), id };
    assert_eq!(after_place(Order::OldestFirst, key(2, first)).await, ["b", "c"]);
    assert_eq!(after_place(Order::OldestFirst, key(2, last)).await, ["c"]);
    assert_eq!(after_place(Order::NewestFirst, key(2, first)).await, ["a"]);
    assert_eq!(after_place(Order::NewestFirst, key(2, last)).await, ["b", "a"]);
    assert_eq!(after_place(Order::NewestFirst, key(100, first)).await, ["c", "b", "a"]);
    assert!(
        after_place(Order::NewestFirst, EventKey { occurred_at: Timestamp::MIN, id: last }).await.is_empty()
    );
}

pub async fn a_range_has_its_start_and_not_its_end<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let last_micro = after(3).minus(Duration::from_micros(1));
    let events = [
        event("before", 0),
        event("start", 1),
        Event { occurred_at: last_micro, ..event("last", 0) },
        event("end", 3),
    ];
    append(&*store, events).await;
    let query = EventQuery { filter: EventFilter::default(), time: after(1)..after(3) };
    for (order, expected) in
        [(Order::OldestFirst, ["start", "last"]), (Order::NewestFirst, ["last", "start"])]
    {
        let events = found(&*store, &query, order, 1).await;
        assert_eq!(events.iter().map(|event| &*event.message).collect::<Vec<_>>(), expected);
    }
    let empty = EventQuery { time: after(3)..after(3), ..query };
    assert_eq!(store.events(&empty, Order::NewestFirst, None, 5).await.unwrap(), EventPage::default());
}

pub async fn a_page_says_whether_more_follow<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, [event("a", 1), event("b", 2), event("c", 3)]).await;
    for (limit, expected) in [(1, true), (2, true), (3, false), (4, false)] {
        let page = store.events(&all(), Order::NewestFirst, None, limit).await.unwrap();
        assert_eq!((page.next.is_some(), page.is_partial), (expected, false), "{limit}");
        if let Some(next) = page.next {
            assert_eq!(next, EventKey::of(page.events.last().unwrap()));
        }
    }
    let only_a = of(is(Field::Message, "a"));
    assert_eq!(store.events(&only_a, Order::OldestFirst, None, 1).await.unwrap().next, None);
}

pub async fn what_a_field_is_not_includes_events_without_it<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let anonymous = Event { service: String::new(), ..event("anonymous", 1) };
    let bank = with_fields(Event { service: "bank".into(), ..event("bank", 2) }, json!({"path": "/health"}));
    append(&*store, [event("shop", 0), anonymous, bank]).await;
    let not = |condition| Condition::Not(Box::new(condition));
    assert_eq!(messages(&*store, not(is(Field::Service, "shop"))).await, ["anonymous", "bank"]);
    assert_eq!(messages(&*store, not(is(other("path"), "/health"))).await, ["shop", "anonymous"]);
    assert_eq!(messages(&*store, not(Condition::Field(Field::Service, Test::Exists))).await, ["anonymous"]);
    let neither = Condition::All(vec![not(is(Field::Service, "shop")), not(is(Field::Host, "web-2"))]);
    assert_eq!(messages(&*store, neither).await, ["anonymous", "bank"]);
}

pub async fn an_id_in_a_query_finds_its_event<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let by_arrival = Event { id: EventId::of_record(Timestamp::MIN, 5, 1), ..event("b", 2) };
    append(&*store, [event("a", 1), by_arrival.clone(), event("c", 3)]).await;
    for id in [EventId::given("a"), by_arrival.id] {
        let of_id = is(Field::Id, &id.to_string());
        let found = found(&*store, &of(of_id.clone()), Order::NewestFirst, 10).await;
        assert_eq!(found.iter().map(|event| event.id).collect::<Vec<_>>(), [id]);
        let histogram = store.histogram(&of_id.clone().into(), &[after(0), after(9)]).await.unwrap();
        assert_eq!(histogram.found[0].events(), 1);
        let contradiction = Condition::All(vec![of_id.clone(), is(Field::Message, "c")]);
        assert_eq!(messages(&*store, contradiction).await, [""; 0]);
        assert_eq!(messages(&*store, Condition::Not(Box::new(of_id))).await.len(), 2);
    }
    assert_eq!(messages(&*store, is(Field::Id, &EventId::given("z").to_string())).await, [""; 0]);
    assert_eq!(messages(&*store, is(Field::Id, "a")).await, [""; 0], "that is not how it is written");
}

pub async fn a_field_is_found_whatever_type_it_had_before<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let jobs = [json!("backup"), json!({"id": 7}), json!(null), json!(7), json!(["backup", 7]), json!(true)];
    let named = (0..)
        .zip(jobs)
        .map(|(number, job)| with_fields(event(&job.to_string(), number), json!({"job": job})));
    append(&*store, named).await;
    assert_eq!(messages(&*store, is(other("job"), "backup")).await, ["\"backup\"", "[\"backup\",7]"]);
    assert_eq!(messages(&*store, is(other("job.id"), "7")).await, ["{\"id\":7}"]);
    assert_eq!(messages(&*store, is(other("job"), "7")).await, ["7", "[\"backup\",7]"]);
    assert_eq!(messages(&*store, is(other("job"), "true")).await, ["true"]);
    assert_eq!(messages(&*store, Condition::default()).await.len(), 6);
}

pub async fn an_empty_store_answers_everything<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(store.events(&all(), Order::NewestFirst, None, 10).await.unwrap(), EventPage::default());
    assert_eq!(store.event(EventId::given("a")).await.unwrap(), None);
    let histogram = store.histogram(&all().filter, &[after(0), after(1)]).await.unwrap();
    assert_eq!((histogram.found[0].events(), histogram.since), (0, after(0)));
    let top = store.top(&all(), &Field::Service, 5).await.unwrap();
    assert_eq!((top.found, top.since), (Top::default(), Timestamp::MIN));
    assert_eq!(store.fields(&all()).await.unwrap(), (Vec::new(), 0));
    assert!(store.counts(EVENTS, ALWAYS).await.unwrap().is_empty());
    assert_eq!(store.prune(Timestamp::MAX).await.unwrap(), 0);
}
