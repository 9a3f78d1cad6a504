//! Sending records to their topic again.

use std::collections::BTreeMap;
use watchkeeper_ports::{BatchBuilder, EventBus, PortError, Topic};
use watchkeeper_wire::dead_letter::{DeadLetter, LetterId};

/// Letters that are published together.
pub(super) const BATCH_LETTERS: usize = 500;
/// Bytes from which on letters are published without waiting for more.
pub(super) const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Letters that are replayed together.
#[derive(Default)]
pub(super) struct ReplayBatch {
    ids: Vec<LetterId>,
    originals: BTreeMap<Topic, BatchBuilder>,
    markers: BTreeMap<Topic, BatchBuilder>,
    bytes: usize,
}

impl ReplayBatch {
    /// Adds a letter: key, value and headers as they were.
    pub(super) fn push(&mut self, id: LetterId, letter: &DeadLetter<'_>) {
        self.bytes += letter.record.key.len() + letter.record.value.len();
        letter.push_replay(self.originals.entry(letter.origin.topic.clone()).or_default(), id.place());
        let markers = self.markers.entry(id.partition.topic.clone()).or_default();
        letter.push_replayed_marker(markers, id.place());
        self.ids.push(id);
    }

    /// Whether it must be published before more is added.
    pub(super) fn is_full(&self) -> bool {
        self.ids.len() >= BATCH_LETTERS || self.bytes >= BATCH_BYTES
    }

    /// Publishes the records, then the markers that say so; gives the letters that wait no more. After a
    /// failure between the two a record is replayed twice rather than never.
    pub(super) async fn publish(self, bus: &dyn EventBus) -> Result<Vec<LetterId>, PortError> {
        for (topic, batch) in self.originals.into_iter().chain(self.markers) {
            bus.publish(&topic, batch.finish()).await?;
        }
        Ok(self.ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;
    use watchkeeper_ports::{Record, TopicPartition};

    fn push(batch: &mut ReplayBatch, value: &[u8]) {
        let letter = DeadLetter {
            reason: "bad",
            rejected_by: "persister",
            rejected_at: Timestamp::MIN,
            origin: TopicPartition::new(Topic::METRICS, 0),
            offset: 0,
            record: Record { key: b"", value, headers: &[], incomplete: None },
        };
        let partition = TopicPartition::new(Topic::METRICS.dead_letters(), 0);
        batch.push(LetterId { partition, offset: 0 }, &letter);
    }

    #[test]
    fn a_batch_is_full_at_its_limit_of_letters_and_of_bytes() {
        let mut batch = ReplayBatch::default();
        (1..BATCH_LETTERS).for_each(|_| push(&mut batch, b""));
        assert!(!batch.is_full());
        push(&mut batch, b"");
        assert!(batch.is_full());

        let mut batch = ReplayBatch::default();
        push(&mut batch, &vec![0; BATCH_BYTES - 1]);
        assert!(!batch.is_full());
        push(&mut batch, b"x");
        assert!(batch.is_full());
    }
}
