//! Events.

mod limits;
mod odd;
mod plans;
mod time;
mod views;

use crate::samples::midnight;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::event::{Comparison, Condition, EVENTS, Field, Operand, Test};
use watchkeeper_domain::{Event, EventId, Level, Timestamp};
use watchkeeper_ports::{Append, EventQuery, EventSink, Failure, Processed};

/// An event at a number of seconds after midnight, with an id made then.
pub(super) fn event(seconds: u64, message: &str, fields: Value) -> Event {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    let occurred_at = midnight(0).plus(Duration::from_secs(seconds));
    Event {
        id: EventId::of_record(occurred_at, seconds, 1),
        occurred_at,
        level: Level::Info,
        service: "shop".into(),
        host: "web-1".into(),
        message: message.to_owned(),
        fields,
    }
}

pub(super) async fn append(store: &(impl EventSink + ?Sized), events: impl IntoIterator<Item = Event>) {
    let items = events.into_iter().map(Processed::stored).collect();
    store.append(Arc::new(Append::of(items))).await.unwrap();
}

pub(super) fn ever(condition: Condition) -> EventQuery {
    EventQuery { filter: condition.into(), time: Timestamp::MIN..Timestamp::MAX }
}

pub(super) fn is(field: Field, value: &str) -> Condition {
    Condition::Field(field, Test::Equals(value.to_owned()))
}

pub(super) fn at_least(level: Level) -> Condition {
    Condition::Field(Field::Level, Test::Compare(Comparison::AtLeast, Operand::Level(level)))
}

#[tokio::test]
async fn text_that_the_engine_does_not_take_is_refused_and_nothing_beside_it_is_lost() {
    let place = crate::place::Place::fresh();
    let store = place.store().events();
    let (good, bad) = (event(1, "good", json!({})), event(2, "b\0d", json!({})));
    let both = Append::of([good.clone(), bad].map(Processed::stored).into());
    let error = store.append(Arc::new(both)).await.unwrap_err();
    assert_eq!(error.failure(), Failure::Reject, "{error}");
    append(&*store, [good]).await;
}

#[tokio::test]
async fn a_large_batch_that_comes_again_with_new_events_is_stored_once() {
    let place = crate::place::Place::fresh();
    let text = "x".repeat(4_000);
    let events: Vec<_> = (0..1_500).map(|number| event(number, &text, json!({"number": number}))).collect();
    append(&*place.store().events(), events[..1_000].iter().cloned()).await;
    // Another process, which does not expect repeats, and has several pieces to send after the first.
    let store = place.store().events();
    let items = events.iter().cloned().map(Processed::stored).collect();
    let appended = store.append(Arc::new(Append::of(items))).await.unwrap();
    assert_eq!((appended.stored, appended.repeated), (500, 1_000));
    let counts = store.counts(EVENTS, Timestamp::MIN..Timestamp::MAX).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.events).sum::<u64>(), 1_500);
}
