//! Pruning.

use super::counting::recount;
use super::{ALWAYS, append, event, everything, is, messages};
use crate::Fixture;
use crate::samples::after;
use std::sync::Arc;
use watchkeeper_domain::event::{Condition, EVENTS, Field};
use watchkeeper_domain::{Event, Level};
use watchkeeper_ports::EventStore;

const DAY: u64 = 86_400;
/// Seconds from the first instant of the events to midnight.
const MIDNIGHT: u64 = 14 * 3_600;

pub async fn pruning_removes_older_events_and_counts_and_nothing_else<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    // A day apart, so that a store that drops only whole days passes too.
    let events: Vec<_> = (0..10)
        .flat_map(|day| ["a", "b"].map(|name| event(&format!("{name}{day}"), MIDNIGHT + day * DAY)))
        .collect();
    append(&*store, events.clone()).await;
    assert_eq!(store.prune(after(MIDNIGHT)).await.unwrap(), 0);
    assert_eq!(store.prune(after(MIDNIGHT + 4 * DAY)).await.unwrap(), 8);
    let kept = everything(&*store).await;
    assert_eq!(kept, super::in_order(events[8..].to_vec()));
    assert_eq!(store.counts(EVENTS, ALWAYS).await.unwrap(), recount(&kept));
    assert_eq!(store.prune(after(MIDNIGHT + 4 * DAY)).await.unwrap(), 0);
    assert_eq!(store.event(events[0].id).await.unwrap(), None);
    assert_eq!(append(&*store, [events[8].clone()]).await.repeated, 1);
}

pub async fn events_of_a_service_up_to_a_level_are_pruned_and_their_counts_stay<
    F: Fixture<dyn EventStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut events = Vec::new();
    for service in ["shop", "bank", ""] {
        for level in [Level::Unknown, Level::Debug, Level::Info, Level::Error] {
            for seconds in [0, 10] {
                let id = format!("{service} {level} {seconds}");
                events.push(Event { service: service.into(), level, ..event(&id, seconds) });
            }
        }
    }
    append(&*store, events.clone()).await;
    let counts = store.counts(EVENTS, ALWAYS).await.unwrap();
    let mut left = events;
    for (service, up_to, before, removed) in [
        (Some("shop"), Some(Level::Debug), 10, 2),
        (Some("shop"), Some(Level::Debug), 10, 0),
        (None, Some(Level::Unknown), 11, 5),
        (Some(""), None, 10, 3),
        (Some("none"), None, 100, 0),
        (None, None, 10, 5),
    ] {
        assert_eq!(
            store.prune_some(service, up_to, after(before)).await.unwrap(),
            removed,
            "{service:?} {up_to:?}"
        );
        left.retain(|event| {
            event.occurred_at >= after(before)
                || service.is_some_and(|service| event.service != service)
                || up_to.is_some_and(|level| event.level > level)
        });
        assert_eq!(everything(&*store).await, super::in_order(left.clone()), "{service:?} {up_to:?}");
    }
    assert_eq!(store.counts(EVENTS, ALWAYS).await.unwrap(), counts);
}

pub async fn a_pruned_service_can_come_back<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, [event("a", 0), Event { service: "bank".into(), ..event("b", 0) }]).await;
    assert_eq!(store.prune(after(30 * DAY)).await.unwrap(), 2);
    append(&*store, [Event { service: "new".into(), ..event("c", 40 * DAY) }, event("d", 40 * DAY)]).await;
    assert_eq!(messages(&*store, is(Field::Service, "shop")).await, ["d"]);
    assert_eq!(messages(&*store, is(Field::Service, "new")).await, ["c"]);
    assert_eq!(messages(&*store, is(Field::Service, "bank")).await, [""; 0]);
}

pub async fn events_are_appended_while_others_are_pruned<F: Fixture<dyn EventStore>>() {
    const OLD: u64 = 3_000;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, (0..OLD).map(|second| event(&format!("old {second}"), second))).await;
    let pruning = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.prune(after(30 * DAY)).await.unwrap() }
    });
    for second in 0..50 {
        append(&*store, [event(&format!("new {second}"), 30 * DAY + second)]).await;
    }
    assert_eq!(pruning.await.unwrap(), OLD);
    assert_eq!(messages(&*store, Condition::default()).await.len(), 50);
}

pub async fn an_event_store_in_use_can_be_checked<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.check().await.unwrap();
    append(&*store, [event("a", 0)]).await;
    store.check().await.unwrap();
    assert_eq!(everything(&*store).await.len(), 1);
}
