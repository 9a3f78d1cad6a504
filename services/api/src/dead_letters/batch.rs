//! Dead letters that are settled together.

use std::collections::BTreeMap;
use watchkeeper_ports::{BatchBuilder, RecordBatch, Topic};
use watchkeeper_wire::dead_letter::{DeadLetter, LetterId, Settlement};

/// Maximum number of dead letters per batch.
pub(super) const BATCH_LETTERS: usize = 500;
/// A batch of this size in bytes is published without waiting for more.
pub(super) const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Dead letters that are settled together.
pub(super) struct Batch {
    settlement: Settlement,
    ids: Vec<LetterId>,
    originals: BTreeMap<Topic, BatchBuilder>,
    markers: BTreeMap<Topic, BatchBuilder>,
    bytes: usize,
}

/// What to publish to settle dead letters.
pub(super) struct Publications {
    pub(super) ids: Vec<LetterId>,
    /// First the records, then the markers: after a failure between the two a record is replayed twice rather than
    /// never.
    pub(super) in_order: Vec<(Topic, RecordBatch)>,
}

impl Batch {
    pub(super) fn new(settlement: Settlement) -> Self {
        let (originals, markers) = (BTreeMap::new(), BTreeMap::new());
        Self { settlement, ids: Vec::new(), originals, markers, bytes: 0 }
    }

    /// Adds a dead letter. A replayed record keeps its key, value and headers.
    pub(super) fn push(&mut self, id: LetterId, letter: &DeadLetter<'_>) {
        if self.settlement == Settlement::Replayed {
            self.bytes += letter.record.key.len() + letter.record.value.len();
            let originals = self.originals.entry(letter.origin.topic.clone()).or_default();
            letter.push_replay(originals, id.place());
        }
        self.bytes += letter.record.key.len();
        let markers = self.markers.entry(id.partition.topic.clone()).or_default();
        letter.push_marker(markers, self.settlement, id.place());
        self.ids.push(id);
    }

    /// Whether it must be published before more are added.
    pub(super) fn is_full(&self) -> bool {
        self.ids.len() >= BATCH_LETTERS || self.bytes >= BATCH_BYTES
    }

    pub(super) fn finish(self) -> Publications {
        let batches = self.originals.into_iter().chain(self.markers);
        let in_order = batches.map(|(topic, batch)| (topic, batch.finish())).collect();
        Publications { ids: self.ids, in_order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;
    use watchkeeper_ports::{Record, TopicPartition};

    fn push(batch: &mut Batch, key: &[u8], value: &[u8]) {
        let letter = DeadLetter {
            reason: "bad",
            rejected_by: "persister",
            rejected_at: Timestamp::MIN,
            origin: TopicPartition::new(Topic::METRICS, 0),
            offset: 0,
            record: Record { key, value, headers: &[], incomplete: None },
        };
        let partition = TopicPartition::new(Topic::METRICS.dead_letters(), 0);
        batch.push(LetterId { partition, offset: 0 }, &letter);
    }

    #[test]
    fn a_batch_is_full_at_its_limit_of_letters_and_of_bytes() {
        let mut batch = Batch::new(Settlement::Replayed);
        (1..BATCH_LETTERS).for_each(|_| push(&mut batch, b"", b""));
        assert!(!batch.is_full());
        push(&mut batch, b"", b"");
        assert!(batch.is_full());

        for (settlement, key_bytes, value_bytes) in [
            (Settlement::Replayed, 0, BATCH_BYTES - 1),
            (Settlement::Discarded, BATCH_BYTES - 1, BATCH_BYTES),
        ] {
            let mut batch = Batch::new(settlement);
            push(&mut batch, &vec![0; key_bytes], &vec![0; value_bytes]);
            assert!(!batch.is_full(), "{settlement:?}");
            push(&mut batch, b"x", b"");
            assert!(batch.is_full(), "{settlement:?}");
        }
    }

    #[test]
    fn records_are_published_before_their_markers_and_what_is_discarded_is_not() {
        let topics = |settlement| {
            let mut batch = Batch::new(settlement);
            push(&mut batch, b"k", b"v");
            let in_order = batch.finish().in_order;
            in_order.into_iter().map(|(topic, _)| topic).collect::<Vec<_>>()
        };
        let (metrics, dead) = (Topic::METRICS, Topic::METRICS.dead_letters());
        assert_eq!(topics(Settlement::Replayed), [metrics, dead.clone()]);
        assert_eq!(topics(Settlement::Discarded), [dead]);
    }
}
