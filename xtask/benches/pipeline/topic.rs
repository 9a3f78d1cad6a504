//! The topic: filled as by ingest, and read by bare librdkafka.

use crate::kind::Kind;
use crate::stored::Counted;
use anyhow::Context as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use std::time::{Duration, Instant};
use watchkeeper_adapter_kafka::{KafkaBus, KafkaOptions, TopicDeclaration};
use watchkeeper_ports::{BatchBuilder, EventBus as _, RecordBatch, Topic};

/// Records per publish.
const BATCH: usize = 10_000;
/// Timeout for the next record.
const PATIENCE: Duration = Duration::from_secs(30);

/// Publishes all items to a new topic.
pub(crate) async fn publish<K: Kind>(
    brokers: &str,
    partitions: u16,
    items: impl Iterator<Item = K::Item>,
) -> anyhow::Result<Duration> {
    let mut options = KafkaOptions::at(brokers);
    options.topic = TopicDeclaration { partitions, ..TopicDeclaration::RECORDS };
    let bus = KafkaBus::new(&options)?;
    let begun = Instant::now();
    let mut items = items.peekable();
    while items.peek().is_some() {
        let mut batch = BatchBuilder::default();
        items.by_ref().take(BATCH).for_each(|item| K::push(&mut batch, &item));
        bus.publish(&K::TOPIC, batch.finish()).await?;
    }
    Ok(begun.elapsed())
}

/// Reads the topic, which has that many records; returns the items in bus order, and the rate after the first record.
pub(crate) fn read<K: Kind>(
    brokers: &str,
    partitions: u16,
    records: usize,
) -> anyhow::Result<(Vec<K::Item>, Counted)> {
    let (records, counted) = consume(brokers, &K::TOPIC, partitions, records)?;
    let items = records.iter().map(|record| K::decode(record.value)).collect::<Result<_, _>>()?;
    Ok((items, counted))
}

#[expect(clippy::cast_precision_loss, reason = "records of a few minutes")]
fn consume(
    brokers: &str,
    topic: &Topic,
    partitions: u16,
    records: usize,
) -> anyhow::Result<(RecordBatch, Counted)> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", "ceiling").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create()?;
    let mut assignment = TopicPartitionList::new();
    for partition in 0..i32::from(partitions) {
        assignment.add_partition_offset(topic.name(), partition, Offset::Beginning)?;
    }
    consumer.assign(&assignment)?;

    let mut read = BatchBuilder::default();
    let mut begun = None;
    while read.len() < records {
        let message =
            consumer.poll(PATIENCE).with_context(|| format!("only {} records arrived", read.len()))??;
        read.push(&[], message.payload().unwrap_or_default());
        begun.get_or_insert_with(Instant::now);
    }
    let took = begun.map(|begun| begun.elapsed()).unwrap_or_default();
    Ok((read.finish(), Counted { count: records as f64 - 1.0, took }))
}
