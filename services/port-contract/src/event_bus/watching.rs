//! Topics seen from outside any group.

use super::member::{Member, sorted, values};
use super::{group, numbered, publish, topic};
use crate::{Fixture, soon};
use watchkeeper_ports::{EventBus, Lag, TopicPartition};

pub async fn a_tail_brings_only_what_comes_after_it<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    let mut tail = bus.tail(&topic).await.unwrap();
    publish(&*bus, &topic, numbered(10..30, 3)).await;
    let mut batches = Vec::new();
    while values(&batches).len() < 20 {
        let batch = soon(tail.next(7)).await.unwrap();
        assert!((1..=7).contains(&batch.records.len()));
        batches.push(batch);
    }
    assert!(sorted(values(&batches)).into_iter().eq(10..30));
}

pub async fn reading_needs_no_group_and_does_not_wait<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..10, 1)).await;
    let watermarks = bus.watermarks(&topic).await.unwrap();
    let marks = watermarks.iter().find(|marks| marks.high > marks.low).unwrap();
    let read = async |from, max_records| bus.read(&marks.partition, from, max_records).await.unwrap();
    let whole = read(marks.low, 100).await;
    assert_eq!(values(std::slice::from_ref(&whole)), (0..10).collect::<Vec<_>>());
    assert_eq!(whole.next, marks.high);
    let part = read(whole.offsets[3], 4).await;
    assert_eq!((values(std::slice::from_ref(&part)), part.next), ((3..7).collect(), whole.offsets[7]));
    let past_the_end = read(marks.high, 100).await;
    assert!(past_the_end.records.is_empty());
    assert_eq!(past_the_end.next, marks.high);
    let nothing = read(marks.high + 1_000, 100).await;
    assert!(nothing.records.is_empty());
}

pub async fn watermarks_say_what_there_is<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let records = async || {
        let watermarks = bus.watermarks(&topic).await.unwrap();
        assert!(watermarks.is_sorted_by(|a, b| a.partition < b.partition));
        watermarks.iter().map(|marks| marks.high - marks.low).sum::<u64>()
    };
    assert_eq!(records().await, 0);
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    assert!(records().await >= 10);
    assert!(bus.watermarks(&topic).await.unwrap().iter().all(|marks| marks.partition.topic == topic));
}

pub async fn lag_is_what_a_group_has_yet_to_commit<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    let lag = async || {
        let lags = bus.lag(&topic, &group).await.unwrap();
        lags.iter().map(Lag::records).sum::<u64>()
    };
    assert_eq!(lag().await, 0);
    publish(&*bus, &topic, numbered(0..10, 1)).await;
    assert!(lag().await >= 10);
    let mut member = Member::join(&*bus, &topic, &group).await;
    let batch = member.records(4).await;
    member.commit(std::slice::from_ref(&batch)).await;
    let left = bus.lag(&topic, &group).await.unwrap();
    let left = left.iter().find(|lag| lag.partition == batch.partition).unwrap();
    assert_eq!(left.committed, batch.next);
    let rest = member.batches(10 - batch.records.len()).await;
    member.commit(&rest).await;
    assert_eq!(lag().await, 0);
}

pub async fn a_topic_that_was_published_to_is_listed<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered([1], 1)).await;
    publish(&*bus, &topic.dead_letters(), numbered([1], 1)).await;
    let topics = bus.topics().await.unwrap();
    assert!(topics.is_sorted() && topics.contains(&topic) && topics.contains(&topic.dead_letters()));
    // A partition of a topic that does not exist is empty.
    let unknown = TopicPartition::new(super::topic(), 0);
    assert!(bus.read(&unknown, 0, 10).await.is_ok_and(|batch| batch.records.is_empty()));
}

pub async fn a_topic_keeps_its_id<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let id = bus.topic_id(&topic).await.unwrap();
    publish(&*bus, &topic, numbered([1], 1)).await;
    assert_eq!(bus.topic_id(&topic).await.unwrap(), id);
    drop(bus);
    assert_eq!(fixture.open().await.topic_id(&topic).await.unwrap(), id);
}

pub async fn topics_have_ids_of_their_own<F: Fixture<dyn EventBus>>() {
    let (fixture, elsewhere) = (F::fresh().await, F::fresh().await);
    let (bus, topic) = (fixture.open().await, topic());
    let id = bus.topic_id(&topic).await.unwrap();
    assert_ne!(bus.topic_id(&super::topic()).await.unwrap(), id);
    assert_ne!(elsewhere.open().await.topic_id(&topic).await.unwrap(), id, "it is another bus");
}
