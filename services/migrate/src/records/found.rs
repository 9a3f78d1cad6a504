//! Which records of a partition the destination already has.

use super::{READ_RECORDS, fingerprint};
use std::num::NonZeroU64;
use std::ops::Range;
use watchkeeper_ports::{EventBus, Offset, PortError, ReceivedBatch, TopicPartition};
use watchkeeper_wire::moved_from::MovedFrom;

/// The fingerprints of the records that were found, by source offset. Eight bytes for each record, of which a
/// bus may hold millions.
#[derive(Default)]
pub(super) struct Found {
    first: Offset,
    fingerprints: Vec<Option<NonZeroU64>>,
}

impl Found {
    /// Reads the whole topic on `bus` for records whose source is `partition` at `offsets`.
    pub(super) async fn on(
        bus: &dyn EventBus,
        partition: &TopicPartition,
        offsets: Range<Offset>,
    ) -> Result<Self, PortError> {
        let count = usize::try_from(offsets.end.saturating_sub(offsets.start)).unwrap_or(usize::MAX);
        let mut found = Self { first: offsets.start, fingerprints: vec![None; count] };
        for marks in bus.watermarks(&partition.topic).await? {
            let mut next = marks.low;
            while count > 0 && next < marks.high {
                let batch = bus.read(&marks.partition, next, READ_RECORDS).await?;
                if batch.next <= next {
                    break;
                }
                next = batch.next;
                found.note(&batch, partition);
            }
        }
        Ok(found)
    }

    fn note(&mut self, batch: &ReceivedBatch, partition: &TopicPartition) {
        for record in batch.records.iter() {
            let Some(lay) = MovedFrom::of(&record).filter(|lay| lay.partition == *partition) else {
                continue;
            };
            let index = lay.offset.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
            if let Some(slot) = index.and_then(|index| self.fingerprints.get_mut(index)) {
                *slot = Some(fingerprint(&record));
            }
        }
    }

    /// Those with a source offset from `offset` on.
    pub(super) fn from(&self, offset: Offset) -> impl Iterator<Item = (Offset, NonZeroU64)> {
        let skipped = usize::try_from(offset.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let placed = (self.first..).zip(&self.fingerprints).skip(skipped);
        placed.filter_map(|(offset, fingerprint)| fingerprint.map(|fingerprint| (offset, fingerprint)))
    }
}
