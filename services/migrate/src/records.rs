//! Records of the bus: those that were not read to the end, and the dead letters that wait.
//!
//! Each is published with a header that says where it lay ([`MOVED_FROM`]). By it a record is known on the
//! other side, wherever it lies there.

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

/// Records in one read. Not many, because each may be as large as a bus allows.
pub(crate) const READ_RECORDS: usize = 1_000;
/// Bytes of keys and values from which on records are published without waiting for more.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Records of one partition.
pub(crate) struct Records<'m> {
    here: &'m dyn EventBus,
    there: &'m dyn EventBus,
    partition: TopicPartition,
    /// The first that is carried.
    from: Offset,
    /// The one after the last.
    end: Offset,
    /// Only the letters that wait, on a topic of dead letters.
    letters: Option<Ledger>,
    found: Found,
}

/// One record and where it lies here.
#[derive(Clone)]
pub(crate) struct Lying {
    offset: Offset,
    fingerprint: NonZeroU64,
    /// The record's batch, and which one it is there; not of what was found there.
    record: Option<(RecordBatch, usize)>,
}

impl<'m> Records<'m> {
    /// Every record of the partition from an offset on.
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

    /// The dead letters of the partition that wait to be replayed. What was replayed was a record again, and
    /// is of no more use.
    pub(crate) async fn waiting_letters(
        here: &'m dyn EventBus,
        there: &'m dyn EventBus,
        marks: Watermarks,
    ) -> Result<Self, PortError> {
        // As many as the topic holds: the embedded bus bounds it.
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

/// What tells a record from others, wherever it lies.
fn fingerprint(record: &Record<'_>) -> NonZeroU64 {
    let mut hasher = DefaultHasher::new();
    (record.key, record.value).hash(&mut hasher);
    record.headers.iter().filter(|(name, _)| name != MOVED_FROM).for_each(|header| header.hash(&mut hasher));
    NonZeroU64::MIN.saturating_add(hasher.finish())
}
