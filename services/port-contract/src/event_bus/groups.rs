//! Positions and sharing in a group.

use super::member::{Member, positions, sorted, values};
use super::{group, numbered, publish, topic};
use crate::{Fixture, soon};
use watchkeeper_ports::{Delivery, EventBus, Lag, Position};

pub async fn a_new_group_starts_at_the_earliest_record<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    assert!(sorted(member.values(10).await).into_iter().eq(0..10));
}

pub async fn every_group_receives_every_record<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    let mut one = Member::join(&*bus, &topic, &group()).await;
    let mut other = Member::join(&*bus, &topic, &group()).await;
    let received = one.batches(10).await;
    one.commit(&received).await;
    assert!(sorted(other.values(10).await).into_iter().eq(0..10));
}

pub async fn members_share_the_records<F: Fixture<dyn EventBus>>() {
    const RECORDS: usize = 1_000;
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    let mut one = Member::join(&*bus, &topic, &group).await;
    let mut other = Member::join(&*bus, &topic, &group).await;
    // Until the rebalance is over, a partition may change hands: then uncommitted records come twice.
    publish(&*bus, &topic, numbered(0..RECORDS as u64, 100)).await;
    let mut received = Vec::new();
    soon(async {
        while received.len() < RECORDS {
            let (member, delivery) = tokio::select! {
                delivery = one.subscription.next(50) => (&mut one, delivery.unwrap()),
                delivery = other.subscription.next(50) => (&mut other, delivery.unwrap()),
            };
            if let Delivery::Records(batch) = delivery {
                member.commit(std::slice::from_ref(&batch)).await;
                received.extend(values(&[batch]));
            }
        }
    })
    .await;
    assert!(sorted(received).into_iter().eq(0..RECORDS as u64));
}

pub async fn a_member_that_leaves_hands_over_what_it_did_not_commit<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    publish(&*bus, &topic, numbered(0..10, 1)).await;
    let mut leaver = Member::join(&*bus, &topic, &group).await;
    let committed = leaver.records(4).await;
    leaver.commit(std::slice::from_ref(&committed)).await;
    let received = committed.records.len();
    leaver.records(3).await;
    drop(leaver);
    let mut heir = Member::join(&*bus, &topic, &group).await;
    assert!(heir.values(10 - received).await.into_iter().eq(received as u64..10));
}

pub async fn committed_records_are_not_delivered_again<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group).await;
    let batches = member.batches(10).await;
    member.commit(&batches).await;
    drop(member);
    publish(&*bus, &topic, numbered(10..15, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group).await;
    assert!(sorted(member.values(5).await).into_iter().eq(10..15));
}

pub async fn a_commit_may_go_back<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group).await;
    let batches = member.batches(10).await;
    member.commit(&batches).await;
    let back: Vec<_> =
        positions(&batches).into_iter().map(|position| Position { next: 0, ..position }).collect();
    member.subscription.commit(&back).await.unwrap();
    drop(member);
    let mut member = Member::join(&*bus, &topic, &group).await;
    assert!(sorted(member.values(10).await).into_iter().eq(0..10));
}

/// Before the next call, with which records begin to come: they begin where the caller sought all the same.
pub async fn a_position_can_be_committed_once_its_partition_is_assigned<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    publish(&*bus, &topic, numbered(0..10, 1)).await;
    let keyed = bus.placement(&topic).await.unwrap().partition(b"key-0");
    let first = bus.read(&keyed, 0, 10).await.unwrap().offsets;
    let mut subscription = bus.subscribe(&topic, &group).await.unwrap();
    loop {
        match soon(subscription.next(10)).await.unwrap() {
            Delivery::Assigned(partitions) if partitions.contains(&keyed) => break,
            Delivery::Assigned(_) | Delivery::Revoked(_) => {}
            Delivery::Records(batch) => panic!("{batch:?} came before its partition"),
        }
    }
    subscription.seek(Position { partition: keyed.clone(), next: first[6] }).await.unwrap();
    subscription.commit(&[Position { partition: keyed.clone(), next: first[4] }]).await.unwrap();
    let lags = bus.lag(&topic, &group).await.unwrap();
    let lag = lags.iter().find(|lag| lag.partition == keyed);
    let expected = Lag { partition: keyed, low: first[0], committed: first[4], high: first[9] + 1 };
    assert_eq!(lag, Some(&expected));
    match soon(subscription.next(10)).await.unwrap() {
        Delivery::Records(batch) => assert_eq!(batch.offsets[0], first[6]),
        other => panic!("{other:?}"),
    }
}

pub async fn commits_survive_reopening<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (topic, group) = (topic(), group());
    let bus = fixture.open().await;
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group).await;
    let batches = member.batches(10).await;
    member.commit(&batches).await;
    drop((member, bus));
    let bus = fixture.open().await;
    publish(&*bus, &topic, numbered(10..12, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group).await;
    assert!(sorted(member.values(2).await).into_iter().eq(10..12));
}

pub async fn a_waiting_member_takes_over_from_one_that_leaves<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic, group) = (fixture.open().await, topic(), group());
    publish(&*bus, &topic, numbered(0..10, 1)).await;
    let mut leaver = Member::join(&*bus, &topic, &group).await;
    let committed = leaver.records(4).await;
    leaver.commit(std::slice::from_ref(&committed)).await;
    let mut heir = Member::join(&*bus, &topic, &group).await;
    let taking_over = tokio::spawn(async move {
        // Until the rebalance is over, a partition may change hands and its records come twice.
        let mut last = None;
        while last != Some(9) {
            last = values(&[heir.records(100).await]).last().copied();
        }
    });
    tokio::task::yield_now().await;
    drop(leaver);
    soon(taking_over).await.unwrap();
}
