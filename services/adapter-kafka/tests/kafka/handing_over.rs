//! Partitions that change hands.

use crate::place::{fresh_prefix, numbered, options, records, soon};
use std::collections::BTreeSet;
use std::time::Duration;
use watchkeeper_adapter_kafka::{GroupProtocol, KafkaBus, KafkaOptions};
use watchkeeper_ports::{Delivery, EventBus, Group, Position, Subscription, Topic};

fn of_protocol(protocol: GroupProtocol) -> KafkaOptions {
    let mut options = options(&fresh_prefix());
    options.group_protocol = protocol;
    if protocol == GroupProtocol::Classic {
        options.settings.insert("heartbeat.interval.ms".into(), "100".into());
        options.settings.insert("session.timeout.ms".into(), "6000".into());
    }
    options
}

async fn next(member: &mut dyn Subscription) -> Delivery {
    soon(member.next(1000)).await.unwrap()
}

/// Pending records of a revoked partition are committed, and the next member begins after them.
async fn commits_after_its_revocation(protocol: GroupProtocol) {
    let bus = KafkaBus::new(&of_protocol(protocol)).unwrap();
    bus.publish(&Topic::METRICS, numbered(0..100)).await.unwrap();
    let mut keeper = bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
    let mut in_hand = Vec::new();
    let mut received = 0;
    while received < 100 {
        if let Delivery::Records(batch) = next(&mut *keeper).await {
            received += batch.records.len();
            in_hand.push(Position { partition: batch.partition, next: batch.next });
        }
    }
    let mut joiner = bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
    let revoked = loop {
        match next(&mut *keeper).await {
            Delivery::Revoked(partitions) => break partitions,
            Delivery::Assigned(_) => {}
            Delivery::Records(batch) => panic!("{batch:?} came twice"),
        }
    };
    in_hand.retain(|position| revoked.contains(&position.partition));
    keeper.commit(&in_hand).await.unwrap();
    bus.publish(&Topic::METRICS, numbered(100..200)).await.unwrap();
    // The keeper's next call revokes the partitions.
    let consuming = async {
        loop {
            next(&mut *keeper).await;
        }
    };
    let joining = async {
        let (mut assigned, mut taken) = (BTreeSet::new(), Vec::new());
        while taken.is_empty() {
            match next(&mut *joiner).await {
                Delivery::Assigned(partitions) => assigned.extend(partitions),
                Delivery::Revoked(partitions) => assigned.retain(|held| !partitions.contains(held)),
                Delivery::Records(batch) => {
                    assert!(assigned.contains(&batch.partition) && revoked.contains(&batch.partition));
                    taken.extend(batch.records.iter().map(|record| record.value.to_vec()));
                }
            }
        }
        taken
    };
    let taken = tokio::select! {
        taken = joining => taken,
        () = consuming => unreachable!("it never ends"),
    };
    let numbers = taken.iter().map(|value| str::from_utf8(value).unwrap().parse::<u64>().unwrap());
    assert!(numbers.min() >= Some(100), "what was committed does not come again");
}

#[tokio::test]
async fn a_member_commits_after_its_revocation_in_a_classic_group() {
    commits_after_its_revocation(GroupProtocol::Classic).await;
}

#[tokio::test]
async fn a_member_commits_after_its_revocation_in_a_consumer_group() {
    commits_after_its_revocation(GroupProtocol::Consumer).await;
}

#[tokio::test]
async fn a_partition_begins_where_its_member_seeks_when_it_is_assigned() {
    let bus = KafkaBus::new(&of_protocol(GroupProtocol::Classic)).unwrap();
    bus.publish(&Topic::METRICS, numbered(0..100)).await.unwrap();
    let mut member = bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
    let Delivery::Assigned(partitions) = next(&mut *member).await else { panic!("not assigned") };
    let watermarks = bus.watermarks(&Topic::METRICS).await.unwrap();
    for marks in watermarks.iter().filter(|marks| partitions.contains(&marks.partition)) {
        let next = marks.high;
        member.seek(Position { partition: marks.partition.clone(), next }).await.unwrap();
    }
    bus.publish(&Topic::METRICS, numbered(100..101)).await.unwrap();
    assert_eq!(records(&mut *member).await.records.get(0).value, b"100");
}

#[tokio::test]
async fn a_member_that_works_for_longer_than_the_poll_interval_stays_in_its_group() {
    const POLL_INTERVAL: Duration = Duration::from_secs(6);
    let mut options = of_protocol(GroupProtocol::Classic);
    options.settings.insert("max.poll.interval.ms".into(), POLL_INTERVAL.as_millis().to_string());
    let bus = KafkaBus::new(&options).unwrap();
    bus.publish(&Topic::METRICS, numbered(0..1)).await.unwrap();
    let mut member = bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
    let batch = records(&mut *member).await;
    // This is the work.
    tokio::time::sleep(POLL_INTERVAL + Duration::from_secs(1)).await;
    member.commit(&[Position { partition: batch.partition, next: batch.next }]).await.unwrap();
    bus.publish(&Topic::METRICS, numbered(1..2)).await.unwrap();
    match next(&mut *member).await {
        Delivery::Records(batch) => assert_eq!(batch.records.get(0).value, b"1"),
        other => panic!("{other:?}"),
    }
}
