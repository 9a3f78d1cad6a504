//! Collects Kafka's messages into a batch.

use rdkafka::Message;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers};
use std::panic::{AssertUnwindSafe, catch_unwind};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, Header, Offset, ReceivedBatch, TopicPartition, Unreadable};

/// Most bytes of one delivery, as [`BatchBuilder::held_bytes`] counts them: it then has fewer records, but at
/// least one.
pub(crate) const MAX_DELIVERY_BYTES: usize = 8 << 20;
/// The name given to a header whose own name is not UTF-8.
const UNREADABLE: &str = "unreadable";

/// Records of one partition, in order of arrival.
pub(crate) struct Received {
    max_records: usize,
    records: BatchBuilder,
    offsets: Vec<Offset>,
    appended: Vec<Timestamp>,
}

impl Received {
    /// Empty, for up to `max_records`, at least one.
    pub(crate) fn up_to(max_records: usize) -> Self {
        Self {
            max_records: max_records.max(1),
            records: BatchBuilder::default(),
            offsets: Vec::new(),
            appended: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.offsets.len() >= self.max_records || self.records.held_bytes() >= MAX_DELIVERY_BYTES
    }

    /// The position after the last record.
    pub(crate) fn next(&self) -> Option<Offset> {
        self.offsets.last().map(|last| last + 1)
    }

    pub(crate) fn push(&mut self, message: &BorrowedMessage<'_>) {
        self.appended.push(timestamp(message.timestamp().to_millis()));
        let (key, value) = (message.key().unwrap_or_default(), message.payload().unwrap_or_default());
        match message.headers() {
            Some(headers) => self.records.push_received(key, value, read(headers)),
            None => self.records.push_received(key, value, std::iter::empty()),
        }
        self.offsets.push(offset(message.offset()));
    }

    /// A placeholder for the records of `partition` from an offset on that cannot be read.
    pub(crate) fn unreadable(
        partition: TopicPartition,
        from: Offset,
        unreadable: Unreadable,
    ) -> ReceivedBatch {
        let (mut records, next) = (BatchBuilder::default(), unreadable.next);
        records.push_unreadable(unreadable);
        let (records, offsets) = (records.finish(), vec![from]);
        ReceivedBatch { partition, records, offsets, next, appended: vec![Timestamp::MIN] }
    }

    /// The batch; `from` is where the read began, for an empty one.
    pub(crate) fn finish(self, partition: TopicPartition, from: Offset) -> ReceivedBatch {
        ReceivedBatch {
            next: self.next().unwrap_or(from),
            partition,
            records: self.records.finish(),
            offsets: self.offsets,
            appended: self.appended,
        }
    }
}

/// Kafka's offsets are never negative.
pub(crate) fn offset(raw: i64) -> Offset {
    Offset::try_from(raw).unwrap_or_default()
}

/// Offsets beyond Kafka's range are beyond every high watermark.
pub(crate) fn raw_offset(offset: Offset) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

fn timestamp(millis: Option<i64>) -> Timestamp {
    millis.and_then(|millis| Timestamp::from_micros(millis.checked_mul(1000)?)).unwrap_or(Timestamp::MIN)
}

/// Here headers are text; in Kafka only their names should be.
fn read(headers: &BorrowedHeaders) -> impl Iterator<Item = Header> {
    (0..headers.count()).map(|index| read_one(headers, index))
}

fn read_one(headers: &BorrowedHeaders, index: usize) -> Header {
    // The only way to read a header panics on a name that is not UTF-8.
    let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(index)));
    match header {
        Ok(Some(header)) => {
            (header.key.to_owned(), String::from_utf8_lossy(header.value.unwrap_or_default()).into_owned())
        }
        _ => (UNREADABLE.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};

    proptest! {
        #[test]
        fn any_value_of_a_header_is_text(name in "[^\0]{0,8}", value: Vec<u8>) {
            let headers = OwnedHeaders::new().insert(KafkaHeader { key: &name, value: Some(&value) });
            let read: Vec<_> = read(headers.as_borrowed()).collect();
            prop_assert_eq!(&read[0].0, &name);
            prop_assert_eq!(&read[0].1, &String::from_utf8_lossy(&value));
        }

        #[test]
        fn any_time_is_an_instant(millis: Option<i64>) {
            let instant = timestamp(millis);
            prop_assert!((Timestamp::MIN..=Timestamp::MAX).contains(&instant));
        }
    }

    #[test]
    fn a_header_without_a_value_is_empty() {
        let headers = OwnedHeaders::new().insert(KafkaHeader::<&[u8]> { key: "name", value: None });
        let read: Vec<_> = read(headers.as_borrowed()).collect();
        assert_eq!(read, [("name".to_owned(), String::new())]);
    }
}
