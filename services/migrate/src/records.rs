//! Records on the bus: unread ones, and pending dead letters.
//!
//! Each is published with a header that says where it came from ([`MOVED_FROM`]). That header identifies the
//! record on the new bus, wherever it is there.

mod found;

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use found::Found;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::NonZeroU64;
use watchkeeper_ports::{
    BatchBuilder, EventBus, Offset, PortError, ReceivedBatch, Record, RecordBatch, TopicPartition, Watermarks,
};
use watchkeeper_wire::dead_letter::{Ledger, LetterId};
use watchkeeper_wire::moved_from::{MOVED_FROM, MovedFrom};

/// Records in one read. Few, because each may be as large as a bus allows.
pub(crate) const READ_RECORDS: usize = 1_000;
/// Bytes of keys and values at which records are published without waiting for more.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

pub(crate) struct Records<'m> {
    here: &'m dyn EventBus,
    there: &'m dyn EventBus,
    partition: TopicPartition,
    /// The first offset to migrate.
    from: Offset,
    /// The offset after the last one.
    end: Offset,
    /// The pending ones, on a dead-letter topic.
    letters: Option<Ledger>,
    found: Found,
}

/// One record and its source offset.
#[derive(Clone)]
pub(crate) struct Lying {
    offset: Offset,
    fingerprint: NonZeroU64,
    /// The record's batch and its index in it; `None` for a record that was found in the destination.
    record: Option<(RecordBatch, usize)>,
}

impl<'m> Records<'m> {
    /// All records of the partition from an offset on.
    pub(crate) fn unread(
        here: &'m dyn EventBus,
        there: &'m dyn EventBus,
        marks: Watermarks,
        from: Offset,
    ) -> Self {
        let Watermarks { partition, low: earliest, high: end } = marks;
        let from = from.clamp(earliest, end);
        Self { here, there, partition, from, end, letters: None, found: Found::default() }
    }

    /// The pending dead letters of the partition. A replayed one became a record again, and is not needed.
    pub(crate) async fn waiting_letters(
        here: &'m dyn EventBus,
        there: &'m dyn EventBus,
        marks: Watermarks,
    ) -> Result<Self, PortError> {
        // As many as the topic has: the embedded bus bounds that.
        let mut ledger = Ledger::at_most(usize::MAX);
        let (mut next, end) = (marks.low, marks.high);
        while next < end {
            let batch = here.read(&marks.partition, next, READ_RECORDS).await?;
            if batch.next <= next {
                break;
            }
            next = batch.next;
            ledger.note(&batch);
        }
        let all = Self::unread(here, there, marks, 0);
        Ok(Self { letters: Some(ledger), ..all })
    }

    fn is_carried(&self, offset: Offset) -> bool {
        let id = || LetterId { partition: self.partition.clone(), offset };
        offset < self.end && self.letters.as_ref().is_none_or(|letters| letters.waits(&id()))
    }

    fn lying(&self, batch: &ReceivedBatch) -> Vec<Lying> {
        let carried = batch.offsets.iter().enumerate().filter(|(_, offset)| self.is_carried(**offset));
        carried
            .map(|(index, &offset)| Lying {
                offset,
                fingerprint: fingerprint(&batch.records.get(index)),
                record: Some((batch.records.clone(), index)),
            })
            .collect()
    }

    fn push(&self, batch: &mut BatchBuilder, record: &Record<'_>, offset: Offset) {
        let mut headers: Vec<_> =
            record.headers.iter().filter(|(name, _)| name != MOVED_FROM).cloned().collect();
        let place = MovedFrom { partition: self.partition.clone(), offset };
        headers.push((MOVED_FROM.to_owned(), place.to_string()));
        batch.push_with_headers(record.key, record.value, headers);
    }
}

impl Carried for Records<'_> {
    type Item = Lying;

    const BATCH: usize = READ_RECORDS;

    async fn look(&mut self) -> Result<(), PortError> {
        self.found = Found::on(self.there, &self.partition, self.from..self.end).await?;
        Ok(())
    }

    async fn here(&self, after: Option<&Lying>) -> Result<Vec<Lying>, PortError> {
        let mut next = after.map_or(self.from, |last| last.offset + 1);
        while next < self.end {
            let batch = self.here.read(&self.partition, next, READ_RECORDS).await?;
            if batch.next <= next {
                break;
            }
            next = batch.next;
            let lying = self.lying(&batch);
            if !lying.is_empty() {
                return Ok(lying);
            }
        }
        Ok(Vec::new())
    }

    async fn there(&self, after: Option<&Lying>) -> Result<Vec<Lying>, PortError> {
        let from = after.map_or(self.from, |last| last.offset + 1);
        let found = self.found.from(from).take(READ_RECORDS);
        Ok(found.map(|(offset, fingerprint)| Lying { offset, fingerprint, record: None }).collect())
    }

    async fn put(&self, lacking: Vec<Lying>) -> Result<(), PortError> {
        let mut batch = BatchBuilder::default();
        for Lying { offset, record, .. } in &lacking {
            let Some((records, index)) = record else { continue };
            self.push(&mut batch, &records.get(*index), *offset);
            if batch.size_bytes() >= BATCH_BYTES {
                self.there.publish(&self.partition.topic, std::mem::take(&mut batch).finish()).await?;
            }
        }
        self.there.publish(&self.partition.topic, batch.finish()).await
    }
}

impl Item for Lying {
    type Key<'a> = Offset;

    fn key(&self) -> Offset {
        self.offset
    }

    fn standing(&self, there: &Self) -> Standing {
        if self.fingerprint == there.fingerprint { Standing::Same } else { Standing::Different }
    }
}

/// Identifies a record by its contents, wherever it is.
fn fingerprint(record: &Record<'_>) -> NonZeroU64 {
    let mut hasher = DefaultHasher::new();
    (record.key, record.value).hash(&mut hasher);
    record.headers.iter().filter(|(name, _)| name != MOVED_FROM).for_each(|header| header.hash(&mut hasher));
    NonZeroU64::MIN.saturating_add(hasher.finish())
}
