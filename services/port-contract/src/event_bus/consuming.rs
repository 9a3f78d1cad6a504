//! Consuming as a single member.

use super::member::{Member, positions, sorted, values};
use super::{group, numbered, publish, topic};
use crate::{Fixture, soon};
use std::sync::Arc;
use watchkeeper_ports::{Delivery, EventBus, Position};

pub async fn the_first_delivery_about_a_partition_is_its_assignment<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..100, 50)).await;
    let mut subscription = bus.subscribe(&topic, &group()).await.unwrap();
    match soon(subscription.next(10)).await.unwrap() {
        Delivery::Assigned(partitions) => {
            assert!(partitions.iter().all(|partition| partition.topic == topic));
        }
        other => panic!("{other:?}"),
    }
    // The wrapper checks the rest: no records of a partition that is not assigned.
    let mut member = Member::join(&*bus, &topic, &group()).await;
    member.batches(100).await;
}

pub async fn a_delivery_is_no_larger_than_asked_for<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..100, 1)).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    let mut batches = Vec::new();
    while values(&batches).len() < 100 {
        let batch = member.records(7).await;
        assert!(batch.records.len() <= 7);
        batches.push(batch);
    }
    assert!(values(&batches).into_iter().eq(0..100));
}

pub async fn a_member_waits_for_records_that_come_later<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let mut member = Member::join(&*bus, &topic, &group()).await;
    let publisher = {
        let (bus, topic) = (Arc::clone(&bus), topic.clone());
        tokio::spawn(async move {
            for number in 0..20 {
                publish(&*bus, &topic, numbered([number], 1)).await;
            }
        })
    };
    assert!(member.values(20).await.into_iter().eq(0..20));
    publisher.await.unwrap();
}

pub async fn a_dropped_wait_loses_nothing<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let mut member = Member::join(&*bus, &topic, &group()).await;
    let publisher = {
        let (bus, topic) = (Arc::clone(&bus), topic.clone());
        tokio::spawn(async move {
            for first in (0..200).step_by(10) {
                publish(&*bus, &topic, numbered(first..first + 10, 1)).await;
            }
        })
    };
    let mut batches = Vec::new();
    soon(async {
        while values(&batches).len() < 200 {
            let delivery = tokio::select! {
                biased;
                delivery = member.subscription.next(3) => delivery.unwrap(),
                () = tokio::task::yield_now() => continue,
            };
            if let Delivery::Records(batch) = delivery {
                batches.push(batch);
            }
        }
    })
    .await;
    assert!(values(&batches).into_iter().eq(0..200));
    publisher.await.unwrap();
}

pub async fn a_member_can_go_back<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..10, 1)).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    let batches = member.batches(10).await;
    member.commit(&batches).await;
    let fourth = batches.iter().flat_map(|batch| &batch.offsets).nth(4).copied().unwrap();
    let partition = batches[0].partition.clone();
    member.subscription.seek(Position { partition, next: fourth }).await.unwrap();
    assert!(member.values(6).await.into_iter().eq(4..10));
}

pub async fn a_member_can_go_forward<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..10, 1)).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    let first = member.records(1).await;
    let end =
        bus.watermarks(&topic).await.unwrap().into_iter().find(|marks| marks.partition == first.partition);
    let next = end.unwrap().high;
    member.subscription.seek(Position { partition: first.partition, next }).await.unwrap();
    publish(&*bus, &topic, numbered([10], 1)).await;
    assert_eq!(member.values(1).await, [10]);
}

pub async fn a_position_before_the_earliest_record_is_the_earliest<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    let batches = member.batches(10).await;
    for Position { partition, .. } in positions(&batches) {
        member.subscription.seek(Position { partition, next: 0 }).await.unwrap();
    }
    assert!(sorted(member.values(10).await).into_iter().eq(0..10));
}
