//! The topic: filled as by ingest, and read by bare librdkafka.

use crate::load::Load;
use crate::stored::Counted;
use anyhow::Context as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use std::time::{Duration, Instant};
use watchkeeper_adapter_kafka::{KafkaBus, KafkaOptions, TopicDeclaration};
use watchkeeper_domain::Sample;
use watchkeeper_ports::{BatchBuilder, EventBus as _, RecordBatch, Topic};
use watchkeeper_wire::sample::{SampleDecoder, push_sample};

/// Records per publish.
const BATCH: usize = 10_000;
/// Timeout for the next record.
const PATIENCE: Duration = Duration::from_secs(30);

/// Publishes all samples to a new topic.
pub(crate) async fn publish(brokers: &str, partitions: u16, load: &Load) -> anyhow::Result<Duration> {
    let mut options = KafkaOptions::at(brokers);
    options.topic = TopicDeclaration { partitions, ..TopicDeclaration::RECORDS };
    let bus = KafkaBus::new(&options)?;
    let begun = Instant::now();
    let mut samples = load.samples().peekable();
    while samples.peek().is_some() {
        let mut batch = BatchBuilder::default();
        samples.by_ref().take(BATCH).for_each(|sample| push_sample(&mut batch, &sample));
        bus.publish(&Topic::METRICS, batch.finish()).await?;
    }
    Ok(begun.elapsed())
}

/// Reads the topic, which has that many records; returns the samples in bus order, and the rate after the first record.
pub(crate) fn read(brokers: &str, partitions: u16, records: usize) -> anyhow::Result<(Vec<Sample>, Counted)> {
    let (records, counted) = consume(brokers, partitions, records)?;
    let mut decoder = SampleDecoder::new();
    let samples = records.iter().map(|record| decoder.decode(record.value)).collect::<Result<_, _>>()?;
    Ok((samples, counted))
}

#[expect(clippy::cast_precision_loss, reason = "records of a few minutes")]
fn consume(brokers: &str, partitions: u16, records: usize) -> anyhow::Result<(RecordBatch, Counted)> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", "ceiling").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create()?;
    let mut assignment = TopicPartitionList::new();
    for partition in 0..i32::from(partitions) {
        assignment.add_partition_offset(Topic::METRICS.name(), partition, Offset::Beginning)?;
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
