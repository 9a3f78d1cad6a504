//! Each event once, together with the position.

use super::{advance, append, event, everything, messages, moving, partition, position};
use crate::Fixture;
use crate::samples::{after, created_anew};
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_domain::event::{Condition, EVENTS, EventIds};
use watchkeeper_domain::{Event, Timestamp};
use watchkeeper_ports::{Advance, Append, Appended, EventStore, Group, PortError, StoredPosition};

const DAY: u64 = 86_400;

pub async fn a_batch_appended_twice_is_stored_once<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let events = [event("a", 0), event("b", 0), event("c", 1)];
    assert_eq!(append(&*store, events.clone()).await, Appended { stored: 3, repeated: 0 });
    assert_eq!(append(&*store, events).await, Appended { stored: 0, repeated: 3 });
    assert_eq!(everything(&*store).await.len(), 3);
}

pub async fn of_two_events_with_one_id_in_a_batch_the_first_stays<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let second = Event { message: "second".into(), ..event("a", 0) };
    let appended = append(&*store, [event("a", 0), event("b", 1), second]).await;
    assert_eq!(appended, Appended { stored: 2, repeated: 1 });
    assert_eq!(messages(&*store, Condition::default()).await, ["a", "b"]);
}

pub async fn a_given_id_is_stored_once_whatever_its_time<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, [event("a", 0)]).await;
    let later = Event { message: "later".into(), service: "other".into(), ..event("a", 3 * DAY) };
    let earlier = Event { message: "earlier".into(), occurred_at: Timestamp::MIN, ..event("a", 0) };
    let appended = append(&*store, [later, earlier, event("b", 1)]).await;
    assert_eq!(appended, Appended { stored: 1, repeated: 2 });
    let two_times = [event("c", 3), Event { message: "later".into(), ..event("c", 5 * DAY) }];
    assert_eq!(append(&*store, two_times).await, Appended { stored: 1, repeated: 1 });
    assert_eq!(messages(&*store, Condition::default()).await, ["a", "b", "c"]);
}

pub async fn an_id_by_arrival_is_stored_once_at_its_instant<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let (store, mut ids) = (fixture.open().await, EventIds::new(7));
    let mut arrived = |message: &str| Event { id: ids.next(after(0)), ..event(message, 0) };
    let (one, two) = (arrived("one"), arrived("two"));
    let appended = append(&*store, [one.clone(), two.clone(), one.clone()]).await;
    assert_eq!(appended, Appended { stored: 2, repeated: 1 });
    assert_eq!(append(&*store, [two, one]).await, Appended { stored: 0, repeated: 2 });
    assert_eq!(messages(&*store, Condition::default()).await, ["one", "two"]);
}

pub async fn twins_with_ids_of_their_own_are_both_stored<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let (store, mut ids) = (fixture.open().await, EventIds::new(7));
    let twins = [(); 2].map(|()| Event { id: ids.next(after(0)), ..event("twin", 0) });
    assert_eq!(append(&*store, twins.clone()).await, Appended { stored: 2, repeated: 0 });
    assert_eq!(everything(&*store).await, twins);
}

pub async fn events_and_positions_move_together<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(position(&*store, 0).await, None);
    store.append(moving([event("a", 0)], [advance(0, 0, 10), advance(1, 0, 3)])).await.unwrap();
    assert_eq!((position(&*store, 0).await, position(&*store, 1).await), (Some(10), Some(3)));
    store.append(moving([event("b", 1)], [advance(0, 10, 25)])).await.unwrap();
    assert_eq!((position(&*store, 0).await, position(&*store, 1).await), (Some(25), Some(3)));
    assert_eq!(everything(&*store).await.len(), 2);
    let anew = store.position(&Group::PROCESSOR, &partition(0), &created_anew()).await.unwrap();
    assert!(matches!(anew, StoredPosition::OfAnother(_)), "{anew:?}");
    let anew = Advance { topic_id: created_anew(), ..advance(0, 0, 1) };
    store.append(moving([event("c", 2)], [anew])).await.unwrap();
    assert_eq!(position(&*store, 0).await, Some(25));
}

pub async fn a_fenced_append_stores_and_counts_nothing<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.append(moving([event("a", 0)], [advance(0, 0, 10), advance(1, 0, 7)])).await.unwrap();
    for (expected, next) in [(0, 5), (9, 20), (11, 20)] {
        // One position that moves does not help.
        let zombie = moving(
            [Event { service: "of the zombie".into(), ..event("z", 1) }],
            [advance(1, 7, 8), advance(0, expected, next)],
        );
        match store.append(zombie).await.unwrap_err() {
            PortError::PositionMoved { partition: moved, expected: said, found } => {
                assert_eq!((moved, said, found), (partition(0), expected, 10));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((position(&*store, 0).await, position(&*store, 1).await), (Some(10), Some(7)));
    assert_eq!(messages(&*store, Condition::default()).await, ["a"]);
    assert_eq!(store.counts(EVENTS, super::ALWAYS).await.unwrap().len(), 1);
    // What the zombie had can still be stored by its successor.
    let appended = store.append(moving([event("z", 1)], [advance(0, 10, 11)])).await.unwrap();
    assert_eq!(appended, Appended { stored: 1, repeated: 0 });
}

pub async fn an_append_without_events_moves_the_position<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(store.append(moving([], [advance(0, 0, 3)])).await.unwrap(), Appended::default());
    assert_eq!(position(&*store, 0).await, Some(3));
    assert_eq!(append(&*store, []).await, Appended::default());
}

pub async fn one_position_of_events_is_moved_by_one_of_many<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let (store, mut tasks) = (fixture.open().await, JoinSet::new());
    for task in 0..16 {
        let store = Arc::clone(&store);
        let own = moving([event(&task.to_string(), task)], [advance(0, 0, task + 1)]);
        tasks.spawn(async move { store.append(own).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|has_won| *has_won).count(), 1);
    let stored = everything(&*store).await;
    let winner = position(&*store, 0).await.unwrap() - 1;
    assert_eq!(stored, [event(&winner.to_string(), winner)], "the winner's event and position");
}

pub async fn events_survive_reopening<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.append(moving([event("a", 0)], [advance(0, 0, 10)])).await.unwrap();
    let counts = store.counts(EVENTS, super::ALWAYS).await.unwrap();
    drop(store);
    let store = fixture.open().await;
    assert_eq!(everything(&*store).await, [event("a", 0)]);
    assert_eq!(position(&*store, 0).await, Some(10));
    assert_eq!(store.counts(EVENTS, super::ALWAYS).await.unwrap(), counts);
    assert_eq!(append(&*store, [event("a", 0), event("b", 1)]).await, Appended { stored: 1, repeated: 1 });
    assert_eq!(messages(&*store, Condition::default()).await, ["a", "b"]);
}

pub async fn appends_of_the_same_events_at_the_same_time_store_each_once<F: Fixture<dyn EventStore>>() {
    const TASKS: u64 = 16;
    const APPENDS: u64 = 10;
    let fixture = F::fresh().await;
    let (store, mut tasks) = (fixture.open().await, JoinSet::new());
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut stored = 0;
            for number in 0..APPENDS {
                // Each service is new for all tasks at about the same moment.
                let shared =
                    Event { service: format!("s{number}"), ..event(&format!("shared {number}"), number) };
                let own = event(&format!("own {task} {number}"), number);
                // In another order in each task.
                let batch = if task % 2 == 0 { [shared, own] } else { [own, shared] };
                stored += append(&*store, batch).await.stored;
            }
            stored
        });
    }
    let expected = (TASKS + 1) * APPENDS;
    assert_eq!(tasks.join_all().await.into_iter().sum::<u64>(), expected);
    assert_eq!(everything(&*store).await.len() as u64, expected);
    let counts = store.counts(EVENTS, super::ALWAYS).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.events).sum::<u64>(), expected);
}

pub async fn a_large_batch_of_events_is_stored_whole<F: Fixture<dyn EventStore>>() {
    const EVENTS: usize = 20_000;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let events = (0..EVENTS).map(|number| Event {
        service: format!("s{}", number % 50),
        host: format!("h{}", number % 300),
        ..event(&number.to_string(), number as u64)
    });
    let batch = Append::of(super::stored(events));
    assert_eq!(store.append(Arc::new(batch)).await.unwrap().stored, EVENTS as u64);
    assert_eq!(everything(&*store).await.len(), EVENTS);
}
