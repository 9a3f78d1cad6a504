//! Decodes records into the pending batch, or rejects them to the dead-letter topic.

use std::sync::Arc;
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{Advance, Append, Group, Offset, ReceivedBatch, TopicId, TopicPartition};
use watchkeeper_wire::dead_letter::Rejected;
use watchkeeper_wire::{Decode, Decoded};

/// The batch is stored from this many bytes of records on, however few records they are
/// ([`watchkeeper_ports::RecordBatch::held_bytes`]): it limits memory. The last delivery may exceed it.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// A rejected record: where it is in the batch, and why it was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) origin: Origin,
    pub(crate) reason: String,
}

/// The received batch of a record, and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) batch: usize,
    pub(crate) record: usize,
}

/// Received records that are not stored yet.
pub(crate) struct PendingBatch<T> {
    batches: Vec<ReceivedBatch>,
    /// The next transaction. Shared with the sink across retries, without copying.
    append: Arc<Append<T>>,
    /// The origin of each item.
    origins: Vec<Origin>,
    pub(crate) refused: Vec<Refused>,
    /// Records that repeat a cached value and are not stored.
    pub(crate) copies: u64,
}

impl<T> Default for PendingBatch<T> {
    fn default() -> Self {
        let (batches, append, origins, refused) = Default::default();
        Self { batches, append, origins, refused, copies: 0 }
    }
}

impl<T: Clone> PendingBatch<T> {
    /// Decodes a batch and adds it; `check` validates the instant of an item.
    pub(crate) fn push<D: Decode<Item = T>>(
        &mut self,
        batch: ReceivedBatch,
        topic_id: &TopicId,
        decoder: &mut D,
        check: impl Fn(Timestamp) -> Result<(), Violation>,
    ) {
        // Not shared: the previous batch was stored or reset before more is received.
        let items = &mut Arc::make_mut(&mut self.append).items;
        for (index, (record, place)) in batch.placed(topic_id).enumerate() {
            let origin = Origin { batch: self.batches.len(), record: index };
            let item = match decoder.decode_record(record, place) {
                Ok(Decoded::Item(item)) => check(D::instant(&item)).map(|()| item),
                Ok(Decoded::Copy) => {
                    self.copies += 1;
                    continue;
                }
                Ok(Decoded::Tombstone) => continue,
                Err(violation) => Err(violation),
            };
            match item {
                Ok(item) => {
                    items.push(item);
                    self.origins.push(origin);
                }
                Err(violation) => self.refused.push(Refused { origin, reason: violation.to_string() }),
            }
        }
        self.batches.push(batch);
    }

    /// The items that were not rejected.
    pub(crate) fn items(&self) -> &[T] {
        &self.append.items
    }

    /// Rejects items, given by ascending index with the reason.
    pub(crate) fn refuse(&mut self, items: Vec<(usize, String)>) {
        let mut reasons = items.into_iter().peekable();
        let Append { items, advances } = Arc::unwrap_or_clone(std::mem::take(&mut self.append));
        let mut left = Vec::with_capacity(items.len());
        for (index, (item, origin)) in items.into_iter().zip(std::mem::take(&mut self.origins)).enumerate() {
            if let Some((_, reason)) = reasons.next_if(|(refused, _)| *refused == index) {
                self.refused.push(Refused { origin, reason });
            } else {
                left.push(item);
                self.origins.push(origin);
            }
        }
        self.append = Arc::new(Append { items: left, advances });
    }

    /// Remaining capacity, with at most `max_records`.
    pub(crate) fn capacity(&self, max_records: usize) -> usize {
        let records = self.batches.iter().map(|batch| batch.records.len()).sum();
        let bytes: usize = self.batches.iter().map(|batch| batch.records.held_bytes()).sum();
        if bytes < MAX_BYTES { max_records.saturating_sub(records) } else { 0 }
    }

    /// The rejected records.
    pub(crate) fn rejected(&self) -> impl Iterator<Item = Rejected<'_>> {
        self.refused.iter().map(|Refused { origin, reason }| Rejected {
            batch: &self.batches[origin.batch],
            index: origin.record,
            reason,
        })
    }

    /// The position change of each partition, given the stored positions.
    pub(crate) fn advances(
        &self,
        group: &Group,
        topic_id: &TopicId,
        stored: impl Fn(&TopicPartition) -> Offset,
    ) -> Vec<Advance> {
        let mut advances: Vec<Advance> = Vec::new();
        for batch in &self.batches {
            match advances.iter_mut().find(|advance| advance.partition == batch.partition) {
                Some(advance) => advance.next = batch.next,
                None => advances.push(Advance {
                    group: group.clone(),
                    partition: batch.partition.clone(),
                    topic_id: topic_id.clone(),
                    expected: Some(stored(&batch.partition)),
                    next: batch.next,
                }),
            }
        }
        advances
    }

    /// All items with the positions, as one transaction.
    pub(crate) fn append(&mut self, advances: &[Advance]) -> Arc<Append<T>> {
        if self.append.advances != advances {
            Arc::make_mut(&mut self.append).advances = advances.to_vec();
        }
        Arc::clone(&self.append)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Sample;
    use watchkeeper_ports::{BatchBuilder, Topic};
    use watchkeeper_wire::sample::SampleDecoder;

    fn partition(partition: u32) -> TopicPartition {
        TopicPartition::new(Topic::METRICS, partition)
    }

    /// A record for each value, at offsets `from`, `from + 2` …: there may be gaps.
    fn batch(number: u32, from: Offset, values: &[&[u8]]) -> ReceivedBatch {
        let mut records = BatchBuilder::default();
        for value in values {
            records.push(b"k", value);
        }
        let offsets: Vec<_> = (from..).step_by(2).take(values.len()).collect();
        ReceivedBatch {
            partition: partition(number),
            records: records.finish(),
            next: offsets.last().map_or(from, |last| last + 1),
            offsets,
            appended: Vec::new(),
        }
    }

    fn json(value: u32) -> String {
        format!(r#"{{"source":"a","name":"b","value":{value},"collected_at":"2026-11-20T10:00:00Z"}}"#)
    }

    fn taken(batches: impl IntoIterator<Item = ReceivedBatch>) -> PendingBatch<Sample> {
        let (mut pending, mut decoder) = (PendingBatch::default(), SampleDecoder::new());
        batches
            .into_iter()
            .for_each(|batch| pending.push(batch, &TopicId::default(), &mut decoder, |_| Ok(())));
        pending
    }

    /// The value, offset and reason of each refused record.
    fn refused(pending: &PendingBatch<Sample>) -> Vec<(&[u8], Offset, &str)> {
        let told = pending.rejected().map(|Rejected { batch, index, reason }| {
            (batch.records.get(index).value, batch.offsets[index], reason)
        });
        told.collect()
    }

    fn values(pending: &PendingBatch<Sample>) -> Vec<f64> {
        pending.items().iter().map(|sample| sample.value).collect()
    }

    #[test]
    fn a_record_that_is_no_sample_is_refused_and_the_others_are_kept() {
        let (one, two) = (json(1), json(2));
        let pending = taken([
            batch(0, 10, &[one.as_bytes(), b"{}", two.as_bytes()]),
            batch(1, 4, &[b"\xff", one.as_bytes()]),
        ]);
        assert_eq!(values(&pending), [1.0, 2.0, 1.0]);
        assert_eq!(
            refused(&pending),
            [(&b"{}"[..], 12, "source: is missing"), (b"\xff", 4, "sample: is not UTF-8 from byte 0 on")]
        );
    }

    #[test]
    fn of_a_copy_nothing_is_pending_but_that_its_position_moves() {
        let labelled = r#"{"source":"a","name":"b","labels":{"cached":"true"},"value":1,"CollectedAt":"2009-11-20T10:00:00Z"}"#;
        let (mut pending, mut decoder) = (PendingBatch::default(), SampleDecoder::new());
        let never = |_| Err(Violation::new("collected_at", "is too old"));
        pending.push(batch(0, 0, &[labelled.as_bytes()]), &TopicId::default(), &mut decoder, never);
        assert_eq!((values(&pending), refused(&pending), pending.copies), (vec![], vec![], 1));
        let [advance] = &pending.advances(&Group::PERSISTER, &TopicId::new("metrics"), |_| 0)[..] else {
            panic!("one partition")
        };
        assert_eq!(advance.next, 1);
    }

    #[test]
    fn a_sample_of_an_instant_that_may_not_be_is_refused_with_the_reason() {
        let (good, early) = (json(1), json(2).replace("2026", "2009"));
        let (mut pending, mut decoder) = (PendingBatch::default(), SampleDecoder::new());
        let check = |at: Timestamp| {
            let is_old = at.to_string().starts_with("2009");
            if is_old { Err(Violation::new("collected_at", "is too old")) } else { Ok(()) }
        };
        pending.push(
            batch(0, 0, &[early.as_bytes(), good.as_bytes()]),
            &TopicId::default(),
            &mut decoder,
            check,
        );
        assert_eq!(values(&pending), [1.0]);
        assert_eq!(refused(&pending), [(early.as_bytes(), 0, "collected_at: is too old")]);
    }

    #[test]
    fn a_sample_that_is_refused_later_is_still_known_by_its_record() {
        let (one, two, three) = (json(1), json(2), json(3));
        let mut pending = taken([
            batch(0, 0, &[one.as_bytes(), b"{}", two.as_bytes()]),
            batch(0, 10, &[three.as_bytes(), one.as_bytes()]),
        ]);
        pending.refused.clear();
        pending.refuse(vec![(0, "first".into()), (2, "third".into())]);
        assert_eq!(values(&pending), [2.0, 1.0]);
        let mut found = refused(&pending);
        found.sort_by_key(|&(_, offset, _)| offset);
        assert_eq!(found, [(one.as_bytes(), 0, "first"), (three.as_bytes(), 10, "third")]);
    }

    #[test]
    fn each_partition_moves_once_from_where_the_store_is_to_past_its_last_record() {
        let pending = taken([batch(0, 5, &[b"", b""]), batch(1, 0, &[b""]), batch(0, 9, &[b""])]);
        let advance = |number, expected, next| Advance {
            group: Group::PERSISTER,
            partition: partition(number),
            topic_id: TopicId::new("metrics"),
            expected: Some(expected),
            next,
        };
        let stored = |at: &TopicPartition| if *at == partition(0) { 5 } else { 0 };
        assert_eq!(
            pending.advances(&Group::PERSISTER, &TopicId::new("metrics"), stored),
            [advance(0, 5, 10), advance(1, 0, 1)]
        );
    }

    #[test]
    fn there_is_room_for_as_many_records_as_are_not_pending_whatever_became_of_them() {
        let mut pending = taken([batch(0, 0, &[b"", json(1).as_bytes(), b""])]);
        pending.refused.clear();
        assert_eq!([2, 3, 4, 10].map(|max| pending.capacity(max)), [0, 0, 1, 7]);
    }

    #[test]
    fn there_is_no_room_from_so_many_bytes_on() {
        let key_bytes = 1;
        let below = vec![b' '; MAX_BYTES - key_bytes - 1];
        assert_eq!(taken([batch(0, 0, &[&below])]).capacity(10), 9);
        assert_eq!(taken([batch(0, 0, &[&below]), batch(0, 1, &[b""])]).capacity(10), 0);
    }

    #[test]
    fn what_is_tried_again_is_not_copied() {
        let mut pending = taken([batch(0, 0, &[json(1).as_bytes(), json(2).as_bytes()])]);
        let items = pending.items().as_ptr();
        let advances = pending.advances(&Group::PERSISTER, &TopicId::new("metrics"), |_| 0);
        let first = pending.append(&advances);
        assert!(Arc::ptr_eq(&first, &pending.append(&advances)));
        assert_eq!((first.items.as_ptr(), first.items.len(), &first.advances), (items, 2, &advances));
    }
}
