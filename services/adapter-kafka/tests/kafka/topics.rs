//! Topics and their configuration.

use crate::place::{bus, fresh_prefix, numbered, options};
use watchkeeper_adapter_kafka::{KafkaBus, TopicDeclaration};
use watchkeeper_ports::{EventBus, PortError, Topic, TopicPartition};

#[tokio::test]
async fn a_topic_has_the_partitions_it_is_declared_to_have_and_keeps_them() {
    let prefix = fresh_prefix();
    let mut declared = options(&prefix);
    let three = TopicDeclaration { partitions: 3, ..TopicDeclaration::RECORDS };
    declared.topics.insert(Topic::METRICS, three);
    let partitions = async |bus: &KafkaBus, topic: &Topic| {
        bus.publish(topic, numbered(0..1)).await.unwrap();
        bus.watermarks(topic).await.unwrap().len()
    };
    let as_declared = KafkaBus::new(&declared).unwrap();
    assert_eq!(partitions(&as_declared, &Topic::METRICS).await, 3);
    assert_eq!(partitions(&as_declared, &Topic::METRICS.dead_letters()).await, 1);
    let otherwise_declared = bus(&prefix);
    assert_eq!(partitions(&otherwise_declared, &Topic::METRICS).await, 3, "it is never changed");
}

#[tokio::test]
async fn only_topics_with_the_prefix_are_listed() {
    let (one, other) = (bus(&fresh_prefix()), bus(&fresh_prefix()));
    one.publish(&Topic::METRICS, numbered(0..1)).await.unwrap();
    other.publish(&Topic::METRICS.dead_letters(), numbered(0..1)).await.unwrap();
    assert_eq!(one.topics().await.unwrap(), [Topic::METRICS]);
    assert_eq!(other.topics().await.unwrap(), [Topic::METRICS.dead_letters()]);
}

#[tokio::test]
async fn to_ask_about_a_topic_does_not_create_it() {
    let bus = bus(&fresh_prefix());
    assert_eq!(bus.watermarks(&Topic::METRICS).await.unwrap(), []);
    bus.read(&TopicPartition::new(Topic::METRICS, 0), 0, 1).await.unwrap();
    assert_eq!(bus.topics().await.unwrap(), []);
}

#[tokio::test]
async fn a_partition_that_is_not_there_and_a_name_that_cannot_be_are_refused() {
    let bus = bus(&fresh_prefix());
    bus.publish(&Topic::METRICS, numbered(0..1)).await.unwrap();
    let ninth = TopicPartition::new(Topic::METRICS, 8);
    let refused = [
        bus.read(&ninth, 0, 1).await.map(drop),
        bus.publish(&Topic::named("a b"), numbered(0..1)).await,
        bus.subscribe(&Topic::named("ж"), &watchkeeper_ports::Group::CACHE).await.map(drop),
    ];
    for refusal in refused {
        assert!(matches!(refusal, Err(PortError::Rejected { .. })), "{refusal:?}");
    }
}
