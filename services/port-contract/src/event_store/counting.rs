//! Counts of events per minute.

use super::{ALWAYS, append, event, everything};
use crate::Fixture;
use crate::samples::after;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::event::{Count, CountKey, EVENTS};
use watchkeeper_domain::{Event, Level, Timestamp};
use watchkeeper_ports::{Append, Appended, EventStore, Processed};

const MINUTE: Duration = Duration::from_secs(60);

/// The key of the count of all events of that service and level.
fn all(service: &str, level: Level) -> CountKey {
    CountKey { name: EVENTS.into(), service: service.into(), level, labels: BTreeMap::new() }
}

/// How many events there are in each minute, by service and level.
pub(super) fn recount(events: &[Event]) -> Vec<Count> {
    let mut counts = BTreeMap::<(Timestamp, CountKey), u64>::new();
    for event in events {
        let minute = event.occurred_at.window_start(MINUTE);
        *counts.entry((minute, all(&event.service, event.level))).or_default() += 1;
    }
    counts.into_iter().map(|((minute, key), events)| Count { minute, key, events }).collect()
}

pub async fn counts_are_what_a_recount_of_the_events_says<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let events = super::model::any_events(5, 500);
    for some in events.chunks(77) {
        append(&*store, some.to_vec()).await;
        // Half of them again.
        append(&*store, some.iter().step_by(2).cloned()).await;
    }
    let stored = everything(&*store).await;
    assert_eq!(store.counts(EVENTS, ALWAYS).await.unwrap(), recount(&stored));
}

pub async fn a_repeated_event_does_not_count_again<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let key = CountKey { name: "requests".into(), ..all("shop", Level::Info) };
    let counted = Processed { counts: vec![key.clone()], ..Processed::stored(event("a", 0)) };
    let later = Processed { event: event("a", 3_600), ..counted.clone() };
    let batch = Arc::new(Append::of(vec![counted.clone(), counted, later]));
    for appended in [Appended { stored: 1, repeated: 2 }, Appended { stored: 0, repeated: 3 }] {
        assert_eq!(store.append(Arc::clone(&batch)).await.unwrap(), appended);
        let minute = after(0).window_start(MINUTE);
        assert_eq!(
            store.counts("requests", ALWAYS).await.unwrap(),
            [Count { minute, key: key.clone(), events: 1 }]
        );
        let of_all = Count { minute, key: all("shop", Level::Info), events: 1 };
        assert_eq!(store.counts(EVENTS, ALWAYS).await.unwrap(), [of_all]);
    }
}

pub async fn an_event_that_is_not_stored_only_counts<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let key = CountKey { name: "sampled".into(), ..all("shop", Level::Debug) };
    let dropped = |id: &str, seconds| Processed {
        is_stored: false,
        counts: vec![key.clone()],
        ..Processed::stored(event(id, seconds))
    };
    let batch = vec![dropped("a", 0), Processed::stored(event("b", 1)), dropped("c", 2), dropped("d", 60)];
    assert_eq!(store.append(Arc::new(Append::of(batch))).await.unwrap().stored, 1);
    assert_eq!(everything(&*store).await, [event("b", 1)]);
    let count = |minute: u64, events| Count { minute: after(minute * 60), key: key.clone(), events };
    assert_eq!(store.counts("sampled", ALWAYS).await.unwrap(), [count(0, 2), count(1, 1)]);
    let of_all = store.counts(EVENTS, ALWAYS).await.unwrap();
    assert_eq!(of_all.iter().map(|count| count.events).collect::<Vec<_>>(), [1]);
    // An event that was only counted can still be stored.
    assert_eq!(append(&*store, [event("a", 0)]).await.stored, 1);
}

pub async fn an_event_that_is_not_stored_can_count_as_one_of_all<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, [event("a", 0)]).await;
    // As a migration does with events that were pruned.
    let pruned = Processed {
        is_stored: false,
        counts: vec![all("shop", Level::Info), all("bank", Level::Error)],
        ..Processed::stored(event("pruned", 1))
    };
    store.append(Arc::new(Append::of(vec![pruned.clone(), pruned]))).await.unwrap();
    let counts = store.counts(EVENTS, ALWAYS).await.unwrap();
    let counts: Vec<_> = counts.iter().map(|count| (&*count.key.service, count.events)).collect();
    assert_eq!(counts, [("bank", 2), ("shop", 3)]);
    assert_eq!(everything(&*store).await, [event("a", 0)]);
}

pub async fn counts_have_a_name_a_service_a_level_and_labels<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect();
    let key = |service: &str, level, pairs: &[(&str, &str)]| CountKey {
        name: "requests".into(),
        service: service.into(),
        level,
        labels: labels(pairs),
    };
    let mut keys = vec![
        key("", Level::Unknown, &[]),
        key("shop", Level::Info, &[]),
        key("shop", Level::Info, &[("status", "200")]),
        key("shop", Level::Info, &[("status", "")]),
        key("shop", Level::Info, &[("path", "/\"a\\'€"), ("status", "200")]),
        key("shop", Level::Error, &[("status", "200")]),
        key("Shop", Level::Info, &[("status", "200")]),
    ];
    let other = CountKey { name: "other".into(), ..keys[1].clone() };
    let counts = keys.iter().cloned().chain([other, keys[2].clone()]).collect();
    let processed = Processed { counts, ..Processed::stored(event("a", 0)) };
    store.append(Arc::new(Append::of(vec![processed]))).await.unwrap();
    keys.sort();
    let found = store.counts("requests", ALWAYS).await.unwrap();
    assert_eq!(found.iter().map(|count| count.key.clone()).collect::<Vec<_>>(), keys);
    let twice = key("shop", Level::Info, &[("status", "200")]);
    assert!(found.iter().all(|count| count.events == 1 + u64::from(count.key == twice)), "{found:?}");
}

pub async fn counts_are_of_the_minutes_that_begin_in_the_time<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, [event("a", 0), event("b", 59), event("c", 60), event("d", 180)]).await;
    let minutes = async |time| {
        let counts = store.counts(EVENTS, time).await.unwrap();
        counts.iter().map(|count| (count.minute.since(after(0)).as_secs(), count.events)).collect::<Vec<_>>()
    };
    assert_eq!(minutes(after(0)..after(181)).await, [(0, 2), (60, 1), (180, 1)]);
    assert_eq!(minutes(after(1)..after(180)).await, [(60, 1)]);
    assert_eq!(minutes(after(61)..after(180)).await, []);
    assert!(store.counts("other", ALWAYS).await.unwrap().is_empty());
}
