//! Where reading begins and continues.

use super::member::{Member, sorted, values};
use super::{group, numbered, publish, topic};
use crate::{Fixture, soon};
use std::sync::Arc;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{EventBus, Offset, Position, ReceivedBatch, Tail, Topic, Watermarks};

/// Fills a topic with records of one key; returns their partition.
async fn filled(bus: &dyn EventBus, topic: &Topic) -> Watermarks {
    publish(bus, topic, numbered(0..30, 1)).await;
    let watermarks = bus.watermarks(topic).await.unwrap();
    watermarks.into_iter().find(|marks| marks.high > marks.low).unwrap()
}

pub async fn reading_goes_on_where_it_ended<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let Watermarks { partition, low: earliest, high: end } = filled(&*bus, &topic).await;
    let (mut from, mut batches) = (earliest, Vec::new());
    while from < end {
        let batch = bus.read(&partition, from, 7).await.unwrap();
        assert!(batch.records.len() <= 7 && batch.next > from, "a read before the end goes on");
        from = batch.next;
        batches.push(batch);
    }
    assert_eq!((from, values(&batches)), (end, (0..30).collect()));
}

pub async fn reading_may_begin_at_any_record<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let Watermarks { partition, low: earliest, .. } = filled(&*bus, &topic).await;
    let whole = bus.read(&partition, earliest, 30).await.unwrap();
    assert_eq!(bus.read(&partition, 0, 30).await.unwrap(), whole, "before the earliest is the earliest");
    for (number, offset) in (0..).zip(whole.offsets) {
        let batch = bus.read(&partition, offset, 1).await.unwrap();
        assert_eq!((&batch.offsets[..], batch.next > offset), (&[offset][..], true));
        assert!(batch.appended_at() > Timestamp::MIN);
        assert_eq!(values(&[batch]), [number]);
    }
}

pub async fn reading_past_the_end_says_where_it_began<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let Watermarks { partition, high: end, .. } = filled(&*bus, &topic).await;
    for from in [end, end + 1, i64::MAX as Offset] {
        let ReceivedBatch { records, offsets, next, appended, .. } =
            bus.read(&partition, from, 10).await.unwrap();
        assert!(records.is_empty() && offsets.is_empty() && appended.is_empty());
        assert_eq!(next, from);
    }
}

pub async fn a_position_past_the_end_is_the_earliest<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    member.batches(10).await;
    for partition in member.assigned.clone() {
        member.subscription.seek(Position { partition, next: 1_000_000_000 }).await.unwrap();
    }
    assert!(sorted(member.values(10).await).into_iter().eq(0..10));
}

pub async fn a_commit_does_not_move_who_commits<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    publish(&*bus, &topic, numbered(0..10, 1)).await;
    let mut member = Member::join(&*bus, &topic, &group).await;
    let batches = member.batches(10).await;
    member.subscription.commit(&[]).await.unwrap();
    let lag = bus.lag(&topic, &group).await.unwrap();
    assert!(lag.iter().any(|lag| lag.records() >= 10), "a commit of nothing is none");
    let back = Position { partition: batches[0].partition.clone(), next: batches[0].offsets[0] };
    member.subscription.commit(&[back]).await.unwrap();
    publish(&*bus, &topic, numbered([10], 1)).await;
    assert_eq!(member.values(1).await, [10]);
}

/// The values of this many records.
async fn take(tail: &mut dyn Tail, records: usize) -> Vec<u64> {
    let mut taken = Vec::new();
    while taken.len() < records {
        taken.extend(values(&[soon(tail.next(7)).await.unwrap()]));
    }
    taken
}

pub async fn every_tail_brings_every_record_and_no_group_notices<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    let (mut one, mut other) = (bus.tail(&topic).await.unwrap(), bus.tail(&topic).await.unwrap());
    publish(&*bus, &topic, numbered(0..100, 5)).await;
    let before = bus.lag(&topic, &group).await.unwrap();
    assert!(sorted(take(&mut *one, 100).await).into_iter().eq(0..100));
    assert!(sorted(take(&mut *other, 100).await).into_iter().eq(0..100));
    assert_eq!(bus.lag(&topic, &group).await.unwrap(), before);
}

pub async fn a_dropped_wait_of_a_tail_loses_nothing<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let mut tail = bus.tail(&topic).await.unwrap();
    let publisher = tokio::spawn({
        let (bus, topic) = (Arc::clone(&bus), topic.clone());
        async move {
            for first in (0..200).step_by(10) {
                publish(&*bus, &topic, numbered(first..first + 10, 1)).await;
            }
        }
    });
    let mut taken = Vec::new();
    soon(async {
        while taken.len() < 200 {
            tokio::select! {
                biased;
                batch = tail.next(3) => taken.extend(values(&[batch.unwrap()])),
                () = tokio::task::yield_now() => {}
            }
        }
    })
    .await;
    assert!(taken.into_iter().eq(0..200));
    publisher.await.unwrap();
}
