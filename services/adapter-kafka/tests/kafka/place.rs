//! A share of the Kafka that all tests use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use watchkeeper_adapter_kafka::{GroupProtocol, KafkaBus, KafkaOptions};
use watchkeeper_port_contract::{Fixture, PATIENCE, engine_url};
use watchkeeper_ports::{BatchBuilder, Delivery, EventBus, ReceivedBatch, RecordBatch, Subscription};

/// With its own topics and groups, by a prefix; members share partitions among themselves.
pub(crate) struct Classic(String);

/// The same; the brokers assign partitions.
pub(crate) struct Consumer(String);

/// Options for topics and groups that no other test has.
pub(crate) fn options(prefix: &str) -> KafkaOptions {
    KafkaOptions { prefix: prefix.to_owned(), ..KafkaOptions::at(brokers()) }
}

/// `HOST:PORT` of the broker.
pub(crate) fn brokers() -> String {
    engine_url("kafka").trim_start_matches("kafka://").to_owned()
}

/// A prefix that no other test has.
pub(crate) fn fresh_prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}.", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Fixture<dyn EventBus> for Classic {
    async fn fresh() -> Self {
        Self(fresh_prefix())
    }

    async fn open(&self) -> Arc<dyn EventBus> {
        let mut options = options(&self.0);
        options.timeout = Duration::from_secs(20);
        // A new member waits until the others have learnt of it with a heartbeat.
        options.settings.insert("heartbeat.interval.ms".into(), "100".into());
        options.settings.insert("session.timeout.ms".into(), "6000".into());
        Arc::new(KafkaBus::new(&options).unwrap())
    }
}

impl Fixture<dyn EventBus> for Consumer {
    async fn fresh() -> Self {
        Self(fresh_prefix())
    }

    async fn open(&self) -> Arc<dyn EventBus> {
        let mut options = options(&self.0);
        options.timeout = Duration::from_secs(20);
        options.group_protocol = GroupProtocol::Consumer;
        Arc::new(KafkaBus::new(&options).unwrap())
    }
}

/// A bus with its own topics and groups.
pub(crate) fn bus(prefix: &str) -> KafkaBus {
    KafkaBus::new(&options(prefix)).unwrap()
}

/// Records whose value is their number, each with a key of its own.
pub(crate) fn numbered(numbers: impl IntoIterator<Item = u64>) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    for number in numbers {
        batch.push(format!("key-{number}").as_bytes(), number.to_string().as_bytes());
    }
    batch.finish()
}

/// The next records; other deliveries are skipped.
pub(crate) async fn records(member: &mut dyn Subscription) -> ReceivedBatch {
    loop {
        if let Delivery::Records(batch) = soon(member.next(1000)).await.unwrap() {
            return batch;
        }
    }
}

/// Waits for something that must happen in time.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it comes in time")
}
