//! Messages of other clients.

use crate::place::{brokers, bus, fresh_prefix, records};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::time::Duration;
use watchkeeper_ports::{EventBus, Group, Topic};

/// A producer as another program would have it.
fn producer(compression: &str) -> BaseProducer {
    ClientConfig::new()
        .set("bootstrap.servers", brokers())
        .set("compression.type", compression)
        .create()
        .unwrap()
}

fn send(producer: &BaseProducer, record: BaseRecord<'_, str, str>) {
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(20)).unwrap();
}

#[tokio::test]
async fn a_message_of_the_collector_in_go_is_consumed_byte_for_byte() {
    const MESSAGE: &str = r#"{"ID":"0195","Source":"github","Name":"stargazers_count","Value":125000,"Labels":{"repository":"golang/go"},"CollectedAt":"2026-11-20T10:00:00.123456789Z"}"#;
    let prefix = fresh_prefix();
    let bus = bus(&prefix);
    let mut member = bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    let topic = format!("{prefix}metrics");
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
        send(&producer(compression), BaseRecord::to(&topic).key("github:stargazers_count").payload(MESSAGE));
        let batch = records(&mut *member).await;
        let record = batch.records.get(0);
        assert_eq!(record.value, MESSAGE.as_bytes(), "{compression}");
        assert_eq!((batch.records.len(), record.key), (1, &b"github:stargazers_count"[..]));
        assert!(record.headers.is_empty());
    }
}

#[tokio::test]
async fn a_message_without_key_and_value_is_an_empty_record() {
    let prefix = fresh_prefix();
    let bus = bus(&prefix);
    let mut member = bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    send(&producer("none"), BaseRecord::to(&format!("{prefix}metrics")));
    let batch = records(&mut *member).await;
    assert_eq!((batch.records.get(0).key, batch.records.get(0).value), (&b""[..], &b""[..]));
}
