//! Records on the bus, many at a time.

use crate::incomplete::{Incomplete, Unreadable};
use crate::limits::{Kept, RECORD_OVERHEAD_BYTES, Room, header_bytes};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::Violation;

/// A header's name and value, as text.
pub type Header = (String, String);

/// One record, borrowed from its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Determines the partition: records with the same key keep their order. May be empty.
    pub key: &'a [u8],
    /// The payload.
    pub value: &'a [u8],
    /// Metadata; usually empty.
    pub headers: &'a [Header],
    /// What is missing, if anything. Then key, value and headers are the head of the whole record.
    pub incomplete: Option<&'a Incomplete>,
}

impl<'a> Record<'a> {
    /// The value of the first header with that name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    /// The value, if it is complete.
    ///
    /// # Errors
    /// Says how large the record is, or why it cannot be read.
    pub fn whole_value(&self) -> Result<&'a [u8], Violation> {
        if let Some(incomplete) = self.incomplete {
            incomplete.check_value(self.value)?;
        }
        Ok(self.value)
    }
}

/// Any number of records in one piece of memory. Cloning shares it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordBatch {
    data: Bytes,
    spans: Arc<[Span]>,
    headers: Arc<BTreeMap<usize, Vec<Header>>>,
    header_bytes: usize,
    incomplete: Arc<BTreeMap<usize, Incomplete>>,
}

/// The end of a record's key and of its value in the data; the key starts where the previous value ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    key_end: usize,
    value_end: usize,
}

impl RecordBatch {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Keys and values together, in bytes.
    pub fn size_bytes(&self) -> usize {
        self.data.len()
    }

    /// Keys, values and headers together, in bytes: about the memory used.
    pub fn held_bytes(&self) -> usize {
        self.data.len() + self.header_bytes
    }

    /// The batch's size in flight: keys, values and headers, plus [`RECORD_OVERHEAD_BYTES`] for each record.
    pub fn published_bytes(&self) -> usize {
        self.held_bytes() + self.spans.len() * RECORD_OVERHEAD_BYTES
    }

    /// The record at `index`, counted from 0.
    ///
    /// # Panics
    /// If `index` is out of bounds.
    pub fn get(&self, index: usize) -> Record<'_> {
        let start = if index == 0 { 0 } else { self.spans[index - 1].value_end };
        let Span { key_end, value_end } = self.spans[index];
        Record {
            key: &self.data[start..key_end],
            value: &self.data[key_end..value_end],
            headers: self.headers.get(&index).map_or(&[], Vec::as_slice),
            incomplete: self.incomplete.get(&index),
        }
    }

    /// The records in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }
}

impl<'a> FromIterator<Record<'a>> for RecordBatch {
    fn from_iter<I: IntoIterator<Item = Record<'a>>>(records: I) -> Self {
        let mut builder = BatchBuilder::default();
        for record in records {
            builder.push_record(record);
        }
        builder.finish()
    }
}

/// Fills a [`RecordBatch`].
#[derive(Debug, Default)]
pub struct BatchBuilder {
    data: Vec<u8>,
    spans: Vec<Span>,
    headers: BTreeMap<usize, Vec<Header>>,
    header_bytes: usize,
    incomplete: BTreeMap<usize, Incomplete>,
}

impl BatchBuilder {
    /// With room for `records` records of `bytes` bytes in all.
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        Self { data: Vec::with_capacity(bytes), spans: Vec::with_capacity(records), ..Self::default() }
    }

    /// Adds a record.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        self.push_written(key, |data| data.extend_from_slice(value));
    }

    /// Adds a record whose value `write` appends to the buffer it gets, which saves a copy.
    pub fn push_written(&mut self, key: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        self.data.extend_from_slice(key);
        let key_end = self.data.len();
        write(&mut self.data);
        debug_assert!(self.data.len() >= key_end, "a value is appended, never cut");
        self.spans.push(Span { key_end, value_end: self.data.len() });
    }

    /// Adds a record with headers.
    pub fn push_with_headers(&mut self, key: &[u8], value: &[u8], headers: Vec<Header>) {
        if !headers.is_empty() {
            self.header_bytes += header_bytes(&headers);
            self.headers.insert(self.spans.len(), headers);
        }
        self.push(key, value);
    }

    /// Adds a record unchanged.
    pub fn push_record(&mut self, record: Record<'_>) {
        if let Some(incomplete) = record.incomplete {
            self.incomplete.insert(self.spans.len(), incomplete.clone());
        }
        self.push_with_headers(record.key, record.value, record.headers.to_vec());
    }

    /// Adds a record received from a topic, whoever published it: whole, or its head if it exceeds the
    /// limits.
    pub fn push_received(&mut self, key: &[u8], value: &[u8], headers: impl Iterator<Item = Header>) {
        let Kept { key, value, headers, cut } = Kept::of(key, value, headers, Room::OF_A_RECORD);
        if let Some(cut) = cut {
            self.incomplete.insert(self.spans.len(), cut.into());
        }
        self.push_with_headers(key, value, headers);
    }

    /// Adds a placeholder for records that cannot be read.
    pub fn push_unreadable(&mut self, unreadable: Unreadable) {
        self.incomplete.insert(self.spans.len(), Incomplete::Unreadable(unreadable));
        self.push(b"", b"");
    }

    /// How many records there are so far.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none yet.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Keys and values so far, in bytes.
    pub fn size_bytes(&self) -> usize {
        self.data.len()
    }

    /// Keys, values and headers so far, in bytes.
    pub fn held_bytes(&self) -> usize {
        self.data.len() + self.header_bytes
    }

    /// The size of the batch so far, as [`RecordBatch::published_bytes`] counts it.
    pub fn published_bytes(&self) -> usize {
        self.held_bytes() + self.spans.len() * RECORD_OVERHEAD_BYTES
    }

    /// The batch.
    pub fn finish(self) -> RecordBatch {
        RecordBatch {
            data: self.data.into(),
            spans: self.spans.into(),
            headers: Arc::new(self.headers),
            header_bytes: self.header_bytes,
            incomplete: Arc::new(self.incomplete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_out_as_they_went_in() {
        let mut builder = BatchBuilder::default();
        builder.push(b"k1", b"v1");
        builder.push_with_headers(b"", b"v2", vec![("reason".into(), "bad".into())]);
        builder.push(b"k3", b"");
        let batch = builder.finish();
        assert_eq!((batch.len(), batch.size_bytes()), (3, 8));
        assert_eq!(batch.get(0), Record { key: b"k1", value: b"v1", headers: &[], incomplete: None });
        assert_eq!(batch.get(1).header("reason"), Some("bad"));
        assert_eq!(batch.get(2), Record { key: b"k3", value: b"", headers: &[], incomplete: None });
        assert_eq!(batch.iter().collect::<RecordBatch>(), batch);
    }
}
