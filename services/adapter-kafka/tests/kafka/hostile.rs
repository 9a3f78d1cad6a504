//! Whatever other clients have published, the record behind it is delivered, within memory limits.

use crate::damaging::{FRAGILE, way_to};
use crate::place::{brokers, bus, fresh_prefix, options, soon};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use std::time::Duration;
use watchkeeper_adapter_kafka::{KafkaBus, KafkaOptions};
use watchkeeper_ports::limits::{MAX_HEADER_BYTES, MAX_RECORD_BYTES, VALUE_HEAD_BYTES, check_record};
use watchkeeper_ports::{
    Cut, Delivery, EventBus, Group, Incomplete, Offset, ReceivedBatch, Topic, TopicPartition, Unreadable,
};

const MIB: usize = 1 << 20;
/// The record behind everything hostile.
const GOOD: &[u8] = b"good";
/// All records have one key, so that they are in one partition.
const KEY: &[u8] = b"k";

/// What another program has published.
struct Hostile {
    what: &'static str,
    compression: &'static str,
    records: usize,
    key: Vec<u8>,
    value: Vec<u8>,
    headers: Vec<(&'static str, Vec<u8>)>,
    /// Whether a consumer can read it.
    is_readable: bool,
}

impl Hostile {
    fn blanks(what: &'static str, compression: &'static str, bytes: usize) -> Self {
        let (key, value) = (KEY.to_vec(), vec![b' '; bytes]);
        Self { what, compression, records: 1, key, value, headers: Vec::new(), is_readable: true }
    }

    fn headers(what: &'static str, headers: Vec<(&'static str, Vec<u8>)>) -> Self {
        Self { headers, ..Self::blanks(what, "none", 5) }
    }

    /// All cases. zstd batches that decompress to more than 64 MiB cannot be read.
    fn all() -> Vec<Self> {
        let unreadable = |hostile| Self { is_readable: false, ..hostile };
        vec![
            Self::blanks("as large as the broker takes", "none", 1_048_400),
            Self::blanks("2 MiB, zstd", "zstd", 2 * MIB),
            Self::blanks("2 MiB, lz4", "lz4", 2 * MIB),
            Self::blanks("2 MiB, snappy", "snappy", 2 * MIB),
            Self::blanks("20 MiB, zstd", "zstd", 20 * MIB),
            Self::blanks("40 MiB, gzip", "gzip", 40 * MIB),
            unreadable(Self::blanks("70 MiB, zstd", "zstd", 70 * MIB)),
            unreadable(Self {
                records: 400,
                ..Self::blanks("400 records of 200 KiB, zstd", "zstd", 200 << 10)
            }),
            unreadable(Self::blanks("70 MiB, zstd, again", "zstd", 70 * MIB)),
            Self::headers("headers of 70 kB", vec![("h", vec![b'x'; 70_000])]),
            Self::headers("40,000 empty headers", vec![("h", Vec::new()); 40_000]),
            Self::headers("a header that is not UTF-8", vec![("h", b"\xff\xfe".to_vec())]),
            Self::headers("no headers, no JSON", Vec::new()),
        ]
    }

    /// Sends it as one batch, whatever its size.
    fn send(&self, topic: &str) {
        let producer = producer(self.compression);
        for _ in 0..self.records {
            let headers = self.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                headers.insert(Header { key, value: Some(value) })
            });
            let record =
                BaseRecord::to(topic).partition(0).key(&self.key).payload(&self.value).headers(headers);
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(Duration::from_secs(60)).unwrap();
    }
}

/// A producer without limits of its own.
fn producer(compression: &str) -> ThreadedProducer<DefaultProducerContext> {
    ClientConfig::new()
        .set("bootstrap.servers", brokers())
        .set("compression.type", compression)
        .set("message.max.bytes", "1000000000")
        .set("batch.size", "1000000000")
        .set("linger.ms", "60000")
        .create()
        .unwrap()
}

fn send_good(topic: &str) {
    let producer = producer("none");
    producer
        .send(BaseRecord::to(topic).partition(0).key(KEY).payload(GOOD))
        .map_err(|(error, _)| error)
        .unwrap();
    producer.flush(Duration::from_secs(60)).unwrap();
}

/// The offset of the record, its kind, and the next offset.
type Seen = (Offset, Option<Incomplete>, Offset);

/// What was delivered, up to the good record.
#[derive(Default)]
struct Delivered {
    seen: Vec<Seen>,
    has_good: bool,
}

impl Delivered {
    fn take(&mut self, batch: &ReceivedBatch) {
        for (index, (record, &offset)) in batch.records.iter().zip(&batch.offsets).enumerate() {
            assert!(record.incomplete.is_some() || check_record(record).is_ok(), "it can be published");
            assert!(record.key.len() + record.value.len() <= MAX_RECORD_BYTES);
            assert!(watchkeeper_ports::limits::header_bytes(record.headers) <= MAX_HEADER_BYTES);
            let next = batch.offsets.get(index + 1).copied().unwrap_or(batch.next);
            self.seen.push((offset, record.incomplete.cloned(), next));
            self.has_good |= record.value == GOOD;
        }
    }

    /// Every offset was delivered once, or belongs to records that cannot be read.
    fn check(&self, sent: &[Hostile]) {
        let mut offset = 0;
        let mut seen = self.seen.iter();
        for hostile in sent {
            let (at, incomplete, next) = seen.next().unwrap();
            assert_eq!(*at, offset, "{}", hostile.what);
            offset += hostile.records as u64;
            match incomplete {
                Some(Incomplete::Unreadable(Unreadable { next, reason })) => {
                    assert!(!hostile.is_readable, "{}: {reason}", hostile.what);
                    assert_eq!(*next, offset, "{}", hostile.what);
                    assert!(reason.contains("compress"), "{reason}");
                }
                Some(Incomplete::Cut(cut)) => {
                    assert_eq!(cut.value_bytes, hostile.value.len() as u64, "{}", hostile.what);
                    assert_eq!(cut.value_sha256, Cut::sha256(&hostile.value), "{}", hostile.what);
                    assert_eq!(*next, offset, "{}", hostile.what);
                }
                None => assert!(hostile.is_readable && *next == offset, "{}", hostile.what),
            }
        }
        assert!(self.has_good && seen.len() == 1, "the good record follows");
    }
}

/// A topic with everything hostile and the good record behind it.
fn filled(prefix: &str) -> Vec<Hostile> {
    let (hostile, topic) = (Hostile::all(), format!("{prefix}metrics"));
    for hostile in &hostile {
        hostile.send(&topic);
    }
    send_good(&topic);
    hostile
}

async fn bus_with_topic(prefix: &str) -> KafkaBus {
    let bus = bus(prefix);
    drop(bus.tail(&Topic::METRICS).await.unwrap());
    bus
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_the_good_record_behind_whatever_lies_on_the_topic() {
    let prefix = fresh_prefix();
    let bus = bus_with_topic(&prefix).await;
    let hostile = filled(&prefix);
    let mut member = bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    let mut delivered = Delivered::default();
    while !delivered.has_good {
        if let Delivery::Records(batch) = soon(member.next(1_000)).await.unwrap() {
            delivered.take(&batch);
        }
    }
    delivered.check(&hostile);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_gets_the_good_record_behind_whatever_comes_to_the_topic() {
    let prefix = fresh_prefix();
    let bus = bus_with_topic(&prefix).await;
    let mut tail = bus.tail(&Topic::METRICS).await.unwrap();
    let hostile = filled(&prefix);
    let mut delivered = Delivered::default();
    while !delivered.has_good {
        delivered.take(&soon(tail.next(1_000)).await.unwrap());
    }
    delivered.check(&hostile);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_goes_on_behind_whatever_lies_on_the_topic() {
    let prefix = fresh_prefix();
    let bus = bus_with_topic(&prefix).await;
    let hostile = filled(&prefix);
    let partition = TopicPartition::new(Topic::METRICS, 0);
    let (mut delivered, mut next) = (Delivered::default(), 0);
    while !delivered.has_good {
        let batch = bus.read(&partition, next, 1_000).await.unwrap();
        assert!(batch.next > next, "it goes on at {next}");
        next = batch.next;
        delivered.take(&batch);
    }
    delivered.check(&hostile);
    // In the middle of the 400.
    let middle = bus.read(&partition, 100, 1).await.unwrap();
    assert_eq!((middle.offsets[0], middle.next), (100, 407));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_record_that_is_too_large_the_head_is_delivered() {
    let prefix = fresh_prefix();
    let bus = bus_with_topic(&prefix).await;
    Hostile::blanks("2 MiB", "zstd", 2 * MIB).send(&format!("{prefix}metrics"));
    let batch = bus.read(&TopicPartition::new(Topic::METRICS, 0), 0, 1).await.unwrap();
    let record = batch.records.get(0);
    assert_eq!((record.key, record.value), (KEY, &[b' '; VALUE_HEAD_BYTES][..]));
    let refused = record.whole_value().unwrap_err().to_string();
    assert_eq!(refused, "record: key and value have 2097153 bytes, the limit is 1048576");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_damaged_are_passed_over_wherever_they_lie() {
    let prefix = fresh_prefix();
    drop(bus_with_topic(&prefix).await);
    let topic = format!("{prefix}metrics");
    let damaged = Hostile { value: FRAGILE.to_vec(), records: 3, ..Hostile::blanks("damaged", "none", 0) };
    let whole = Hostile::blanks("whole", "none", 5);
    for set in [&whole, &damaged, &whole, &damaged, &damaged] {
        set.send(&topic);
    }
    send_good(&topic);
    let options = KafkaOptions { brokers: way_to(&brokers()), ..options(&prefix) };
    let bus = KafkaBus::new(&options).unwrap();
    let mut member = bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    let (mut delivered, mut offsets) = (Delivered::default(), Vec::new());
    while !delivered.has_good {
        if let Delivery::Records(batch) = soon(member.next(1_000)).await.unwrap() {
            delivered.take(&batch);
        }
    }
    for (offset, incomplete, next) in &delivered.seen {
        let is_unreadable = matches!(incomplete, Some(Incomplete::Unreadable(_)));
        offsets.push((*offset, *next, is_unreadable));
    }
    let expected = [(0, 1, false), (1, 4, true), (4, 5, false), (5, 8, true), (8, 11, true), (11, 12, false)];
    assert_eq!(offsets, expected);
}
