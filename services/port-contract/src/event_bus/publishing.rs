//! What becomes of what is published.

use super::member::{Member, sorted, values};
use super::{group, numbered, publish, topic};
use crate::Fixture;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_ports::{BatchBuilder, EventBus, Header, PortError, RecordBatch};

pub async fn records_come_back_as_they_were_published<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let headers: Vec<Header> = vec![("reason".into(), "плохо\n".into()), ("reason".into(), String::new())];
    let large = vec![0xff; 100_000];
    let mut batch = BatchBuilder::default();
    // One key, so that one partition has them in this order.
    batch.push(b"key\x00\xff", b"plain");
    batch.push_with_headers(b"key\x00\xff", b"\x00\xff{", headers);
    batch.push(b"key\x00\xff", b"");
    batch.push(b"key\x00\xff", &large);
    let batch = batch.finish();
    publish(&*bus, &topic, batch.clone()).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    let received = member.batches(4).await;
    let records = received.iter().flat_map(|received| received.records.iter());
    assert_eq!(records.collect::<RecordBatch>(), batch);
}

pub async fn an_empty_batch_is_nothing<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, RecordBatch::default()).await;
    publish(&*bus, &topic, numbered([7], 1)).await;
    assert_eq!(Member::join(&*bus, &topic, &group()).await.values(1).await, [7]);
}

pub async fn a_large_batch_comes_back_whole<F: Fixture<dyn EventBus>>() {
    const RECORDS: u32 = 30_000;
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    publish(&*bus, &topic, numbered((0..RECORDS).map(u64::from), 500)).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    assert!(sorted(member.values(RECORDS as usize).await).into_iter().eq((0..RECORDS).map(u64::from)));
}

pub async fn records_of_one_key_keep_their_order<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    for first in (0..500).step_by(50) {
        publish(&*bus, &topic, numbered(first..first + 50, 7)).await;
    }
    let mut member = Member::join(&*bus, &topic, &group()).await;
    let mut last_of_key = BTreeMap::new();
    for number in member.values(500).await {
        let before = last_of_key.insert(number % 7, number);
        assert!(before.is_none_or(|before| before < number), "{number} after {before:?}");
    }
}

pub async fn a_key_says_in_which_partition_its_records_lie<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let refusal = bus.partitions(&topic, &[b"key", b""]).await.unwrap_err();
    assert!(matches!(refusal, PortError::Rejected { .. }), "{refusal}");
    let keys: Vec<_> = (1..=u8::MAX).map(|length| vec![length; length.into()]).collect();
    let keys: Vec<_> = keys.iter().map(Vec::as_slice).collect();
    // The topic need not be there yet.
    let found = bus.partitions(&topic, &keys).await.unwrap();
    assert_eq!(found.len(), keys.len());
    let partitions: BTreeMap<_, _> = keys.iter().copied().zip(found).collect();
    let mut batch = BatchBuilder::default();
    for key in &keys {
        batch.push(key, b"value");
    }
    publish(&*bus, &topic, batch.finish()).await;
    for received in Member::join(&*bus, &topic, &group()).await.batches(partitions.len()).await {
        for record in received.records.iter() {
            assert_eq!(partitions[record.key], received.partition, "{:?}", record.key);
        }
    }
}

pub async fn publishing_at_the_same_time_loses_nothing<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let mut publishers = JoinSet::new();
    for publisher in 0..10 {
        let (bus, topic) = (Arc::clone(&bus), topic.clone());
        publishers.spawn(async move {
            for first in (publisher * 100..(publisher + 1) * 100).step_by(10) {
                publish(&*bus, &topic, numbered(first..first + 10, 3)).await;
            }
        });
    }
    publishers.join_all().await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    assert!(sorted(member.values(1_000).await).into_iter().eq(0..1_000));
}

pub async fn published_records_survive_reopening<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let topic = topic();
    let bus = fixture.open().await;
    publish(&*bus, &topic, numbered(0..10, 3)).await;
    drop(bus);
    let bus = fixture.open().await;
    publish(&*bus, &topic, numbered(10..20, 3)).await;
    let mut member = Member::join(&*bus, &topic, &group()).await;
    assert!(sorted(member.values(20).await).into_iter().eq(0..20));
}

pub async fn a_record_needs_no_key<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let mut batch = BatchBuilder::default();
    batch.push(b"", b"a value");
    let batch = batch.finish();
    publish(&*bus, &topic, batch.clone()).await;
    let received = Member::join(&*bus, &topic, &group()).await.records(1).await;
    assert_eq!(received.records, batch);
}

pub async fn large_records_come_back_whole<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let large = vec![b'x'; 500_000];
    let mut batch = BatchBuilder::default();
    (0..40).for_each(|_| batch.push(b"key", &large));
    publish(&*bus, &topic, batch.finish()).await;
    let received = Member::join(&*bus, &topic, &group()).await.batches(40).await;
    assert!(received.iter().flat_map(|received| received.records.iter()).all(|record| record.value == large));
}

pub async fn topics_keep_their_records_apart<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, one, other) = (fixture.open().await, topic(), topic());
    let group = group();
    publish(&*bus, &one, numbered(0..3, 3)).await;
    publish(&*bus, &one.dead_letters(), numbered(10..14, 3)).await;
    publish(&*bus, &other, numbered(20..25, 3)).await;
    for (topic, expected) in [(&one, 0..3), (&one.dead_letters(), 10..14), (&other, 20..25)] {
        let mut member = Member::join(&*bus, topic, &group).await;
        let received = member.batches(expected.clone().count()).await;
        assert!(sorted(values(&received)).into_iter().eq(expected));
        member.commit(&received).await;
    }
}
