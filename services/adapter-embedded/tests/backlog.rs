//! A full backlog.

use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_ports::{
    BatchBuilder, Delivery, EventBus, Failure, Group, PortError, Position, RecordBatch, Topic,
};

/// Most bytes of a topic here: some dozens of records.
const LIMIT: u64 = 2_000;
/// More records than fit.
const TOO_MANY: usize = 1_000;

fn records(number: usize) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    (0..number).for_each(|_| batch.push(b"key", b"value"));
    batch.finish()
}

fn one_record() -> RecordBatch {
    records(1)
}

/// Publishes record after record until that fails.
async fn fill(bus: &EmbeddedBus) -> PortError {
    for _ in 0..TOO_MANY {
        if let Err(error) = bus.publish(&Topic::METRICS, one_record()).await {
            return error;
        }
    }
    panic!("it takes everything");
}

#[tokio::test]
async fn a_full_backlog_refuses_what_it_cannot_keep_until_a_consumer_has_caught_up() {
    let dir = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { max_backlog_bytes: LIMIT, ..EmbeddedOptions::default() };
    let bus = EmbeddedBus::open(dir.path(), &options).unwrap();
    let mut member = bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.unwrap();

    let error = fill(&bus).await;
    assert_eq!(error.failure(), Failure::Retry);
    assert!(error.to_string().contains("the backlog of metrics is full"), "{error}");
    let full = bus.watermarks(&Topic::METRICS).await.unwrap();
    bus.publish(&Topic::METRICS, records(3)).await.unwrap_err();
    assert_eq!(bus.watermarks(&Topic::METRICS).await.unwrap(), full, "no record of it was stored");
    bus.publish(&Topic::METRICS.dead_letters(), one_record()).await.unwrap();

    let mut next = 0;
    while next < full[0].high {
        if let Delivery::Records(batch) = member.next(TOO_MANY).await.unwrap() {
            next = batch.next;
        }
    }
    member.commit(&[Position { partition: full[0].partition.clone(), next }]).await.unwrap();
    bus.publish(&Topic::METRICS, one_record()).await.unwrap();
    let after = bus.watermarks(&Topic::METRICS).await.unwrap();
    assert_eq!(after[0].high, full[0].high + 1);
    assert!(after[0].low > full[0].low, "what was committed made room");
}
