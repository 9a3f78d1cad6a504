//! Publishing.

use super::member::{Member, sorted, values};
use super::{group, numbered, publish, topic};
use crate::Fixture;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_ports::limits::{
    BATCH_BYTES_TAKEN, HEADER_OVERHEAD_BYTES, MAX_HEADER_BYTES, MAX_RECORD_BYTES,
};
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
    let keys: Vec<_> = (1..=u8::MAX).map(|length| vec![length; length.into()]).collect();
    // The topic need not exist yet.
    let placement = bus.placement(&topic).await.unwrap();
    let watermarks = bus.watermarks(&topic).await.unwrap();
    assert_eq!(watermarks.len(), placement.partitions() as usize);
    let mut batch = BatchBuilder::default();
    for key in &keys {
        batch.push(key, b"value");
    }
    publish(&*bus, &topic, batch.finish()).await;
    for received in Member::join(&*bus, &topic, &group()).await.batches(keys.len()).await {
        for record in received.records.iter() {
            assert_eq!(placement.partition(record.key), received.partition, "{:?}", record.key);
        }
    }
}

pub async fn a_topic_of_records_that_are_published_once_more_has_as_many_partitions<
    F: Fixture<dyn EventBus>,
>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    // Whichever of the two is used first.
    let again = bus.placement(&topic.repartition()).await.unwrap();
    let placement = bus.placement(&topic).await.unwrap();
    assert_eq!(again.partitions(), placement.partitions());
    let key = b"key";
    assert_eq!(again.number(key), placement.number(key));
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

/// One record, whose header is `h`.
fn one(value: &[u8], header: &str) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    batch.push_with_headers(b"k", value, vec![("h".to_owned(), header.to_owned())]);
    batch.finish()
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(7);
    (0..bytes).map(|_| random.random()).collect()
}

pub async fn a_record_of_the_largest_size_is_taken_and_a_larger_one_refused<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let (value, header) = (noise(MAX_RECORD_BYTES), "x".repeat(MAX_HEADER_BYTES - HEADER_OVERHEAD_BYTES - 1));
    let largest = one(&value[..MAX_RECORD_BYTES - 1], &header);
    publish(&*bus, &topic, largest.clone()).await;
    for larger in [one(&value, ""), one(b"", &format!("{header}x"))] {
        let refusal = bus.publish(&topic, larger).await.unwrap_err();
        assert!(matches!(refusal, PortError::Rejected { .. }), "{refusal}");
        assert!(refusal.to_string().contains("the limit is"), "{refusal}");
    }
    let received = Member::join(&*bus, &topic, &group()).await.records(1).await;
    assert_eq!(received.records, largest);
}

pub async fn a_header_whose_name_has_a_nul_is_refused<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let mut batch = BatchBuilder::default();
    batch.push_with_headers(b"k", b"v", vec![("a\0b".to_owned(), String::new())]);
    let refusal = bus.publish(&topic, batch.finish()).await.unwrap_err();
    assert!(matches!(refusal, PortError::Rejected { .. }), "{refusal}");
}

pub async fn a_record_that_is_not_whole_is_refused<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let mut batch = BatchBuilder::default();
    batch.push_received(b"k", &vec![b' '; MAX_RECORD_BYTES + 1], std::iter::empty());
    let refusal = bus.publish(&topic, batch.finish()).await.unwrap_err();
    assert!(matches!(refusal, PortError::Rejected { .. }), "{refusal}");
}

pub async fn a_batch_of_the_size_that_every_bus_takes_is_taken<F: Fixture<dyn EventBus>>() {
    let fixture = F::fresh().await;
    let (bus, topic) = (fixture.open().await, topic());
    let (large, mut batch) = (noise(MAX_RECORD_BYTES - 1), BatchBuilder::default());
    let mut records = 0;
    while batch.published_bytes() + 2 * MAX_RECORD_BYTES <= BATCH_BYTES_TAKEN {
        batch.push(b"k", &large);
        records += 1;
    }
    while batch.published_bytes() < BATCH_BYTES_TAKEN {
        batch.push(b"", b"");
        records += 1;
    }
    assert_eq!(batch.published_bytes(), BATCH_BYTES_TAKEN);
    publish(&*bus, &topic, batch.finish()).await;
    assert_eq!(
        Member::join(&*bus, &topic, &group())
            .await
            .batches(records)
            .await
            .iter()
            .map(|batch| batch.records.len())
            .sum::<usize>(),
        records
    );
}
