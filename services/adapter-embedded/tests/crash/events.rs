//! Events, their counts, and the position.

use crate::{ALL, BATCH, WRITERS, instant, name, topic_id};
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_adapter_embedded::EmbeddedEvents;
use watchkeeper_domain::event::{Condition, EVENTS, Field, Fields, Test};
use watchkeeper_domain::{Event, EventId, Level, Timestamp};
use watchkeeper_ports::{
    Advance, Append, EventQueries as _, EventQuery, Group, Offset, Order, PositionStore as _, Processed,
    Sink as _, Topic, TopicPartition,
};

fn partition(writer: u32) -> TopicPartition {
    TopicPartition::new(Topic::EVENTS, writer)
}

fn event(writer: u32, number: u64) -> Event {
    Event {
        id: EventId::given(&format!("{writer}/{number}")),
        occurred_at: instant(number),
        level: Level::Info,
        service: name(writer),
        host: String::new(),
        message: number.to_string(),
        fields: Fields::new(),
    }
}

/// How many events each writer has; they are those up to its position, and are counted once.
pub(crate) async fn look(store: &EmbeddedEvents) -> BTreeMap<String, u64> {
    let always = Timestamp::MIN..Timestamp::MAX;
    let counts = store.counts(EVENTS, always.clone()).await.unwrap();
    let mut found = BTreeMap::new();
    for writer in 0..WRITERS {
        let position = position(store, writer).await;
        let filter = Condition::Field(Field::Service, Test::Equals(name(writer))).into();
        let query = EventQuery { filter, time: always.clone() };
        let events = store.events(&query, Order::OldestFirst, None, ALL).await.unwrap().events;
        let expected = (0..position).map(|number| event(writer, number));
        assert!(events.into_iter().eq(expected), "the events are those up to the position");
        let of_writer = counts.iter().filter(|count| count.key.service == name(writer));
        assert_eq!(of_writer.map(|count| count.events).sum::<u64>(), position, "and each is counted once");
        found.insert(format!("event {writer}"), position);
    }
    found
}

/// Stores the next events, each of them twice.
pub(crate) async fn append(store: Arc<EmbeddedEvents>, writer: u32) {
    let mut expected = position(&store, writer).await;
    loop {
        let next = expected + BATCH;
        let advance = Advance {
            group: Group::PROCESSOR,
            partition: partition(writer),
            topic_id: topic_id(),
            expected: Some(expected),
            next,
        };
        let events = (expected..next).chain(expected..next).map(|number| event(writer, number));
        let items = events.map(Processed::stored).collect();
        store.append(Arc::new(Append { items, advances: vec![advance] })).await.unwrap();
        expected = next;
        println!("acknowledged event {writer} {next}");
    }
}

async fn position(store: &EmbeddedEvents, writer: u32) -> Offset {
    store.position(&Group::PROCESSOR, &partition(writer), &topic_id()).await.unwrap().next()
}
