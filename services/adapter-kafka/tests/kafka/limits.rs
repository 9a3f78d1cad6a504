//! Limits.

use crate::place::{bus, fresh_prefix, numbered, options};
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_adapter_kafka::{KafkaBus, KafkaOptions};
use watchkeeper_ports::{BatchBuilder, EventBus, Group, PortError, Topic, TopicPartition};

#[tokio::test]
async fn batches_wait_for_each_other_where_there_is_room_for_one() {
    let mut options = options(&fresh_prefix());
    options.max_in_flight_bytes = 100 * (KafkaOptions::RECORD_OVERHEAD_BYTES + 10);
    let bus = KafkaBus::new(&options).unwrap();
    let publish = |first| bus.publish(&Topic::METRICS, numbered(first..first + 100));
    let all = tokio::try_join!(publish(0), publish(100), publish(200), publish(300));
    all.unwrap();
    let watermarks = bus.watermarks(&Topic::METRICS).await.unwrap();
    assert_eq!(watermarks.iter().map(|marks| marks.high - marks.low).sum::<u64>(), 400);
    let refusal = bus.publish(&Topic::METRICS, numbered(0..110)).await.unwrap_err();
    assert!(matches!(refusal, PortError::Rejected { .. }), "{refusal}");
}

#[tokio::test]
async fn a_delivery_stops_at_the_limit_of_bytes() {
    let bus = bus(&fresh_prefix());
    let (large, mut batch) = (vec![b'x'; 1_000_000], BatchBuilder::default());
    (0..20).for_each(|_| batch.push(b"key", &large));
    bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
    let partition = TopicPartition::new(Topic::METRICS.dead_letters(), 0);
    let read = bus.read(&partition, 0, 20).await.unwrap();
    assert_eq!(read.records.len(), 9, "the ninth passes 8 MiB");
}

#[tokio::test]
async fn more_questions_than_are_asked_at_once_are_answered() {
    let bus = Arc::new(bus(&fresh_prefix()));
    bus.publish(&Topic::METRICS, numbered(0..10)).await.unwrap();
    let mut questions = JoinSet::new();
    for _ in 0..40 {
        let bus = Arc::clone(&bus);
        questions.spawn(async move { bus.watermarks(&Topic::METRICS).await.unwrap().len() });
    }
    assert_eq!(questions.join_all().await, [8; 40]);
}

#[tokio::test]
async fn the_lag_of_more_groups_than_are_kept_is_told() {
    let bus = bus(&fresh_prefix());
    bus.publish(&Topic::METRICS, numbered(0..10)).await.unwrap();
    for number in 0..20 {
        let lags = bus.lag(&Topic::METRICS, &Group::named(format!("group-{number}"))).await.unwrap();
        assert_eq!(lags.iter().map(watchkeeper_ports::Lag::records).sum::<u64>(), 10);
    }
}
