//! What becomes of a record: a sample in hand, or a dead letter.

use watchkeeper_domain::{Sample, Timestamp, Violation};
use watchkeeper_ports::{Advance, Append, Group, Offset, ReceivedBatch, TopicId, TopicPartition};
use watchkeeper_wire::sample::{Decoded, SampleDecoder};

/// From how many bytes of records on what is in hand is stored, however few records they are
/// ([`watchkeeper_ports::RecordBatch::held_bytes`]): it bounds the memory. The last delivery may go past it.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// A record that is not stored: where it is in hand, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) origin: Origin,
    pub(crate) reason: String,
}

/// Where a record is in hand: which batch, and which of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) batch: usize,
    pub(crate) record: usize,
}

/// What was received and is not stored yet.
#[derive(Default)]
pub(crate) struct InHand {
    batches: Vec<ReceivedBatch>,
    pub(crate) samples: Vec<Sample>,
    /// Where each sample came from.
    origins: Vec<Origin>,
    pub(crate) refused: Vec<Refused>,
    /// How many records are copies, of which nothing is stored.
    pub(crate) copies: u64,
}

impl InHand {
    /// Decodes a batch; `check` says whether a sample may be of that instant.
    pub(crate) fn take(
        &mut self,
        batch: ReceivedBatch,
        decoder: &mut SampleDecoder,
        check: impl Fn(Timestamp) -> Result<(), Violation>,
    ) {
        for (record, message) in batch.records.iter().enumerate() {
            let origin = Origin { batch: self.batches.len(), record };
            let sample = match decoder.decode_record(message) {
                Ok(Decoded::Sample(sample)) => check(sample.collected_at).map(|()| sample),
                Ok(Decoded::Copy) => {
                    self.copies += 1;
                    continue;
                }
                Err(violation) => Err(violation),
            };
            match sample {
                Ok(sample) => {
                    self.samples.push(sample);
                    self.origins.push(origin);
                }
                Err(violation) => self.refused.push(Refused { origin, reason: violation.to_string() }),
            }
        }
        self.batches.push(batch);
    }

    /// Moves samples, given by rising index with the reason, to those that are refused.
    pub(crate) fn refuse(&mut self, samples: Vec<(usize, String)>) {
        let mut reasons = samples.into_iter().peekable();
        let (all, origins) = (std::mem::take(&mut self.samples), std::mem::take(&mut self.origins));
        for (index, (sample, origin)) in all.into_iter().zip(origins).enumerate() {
            if let Some((_, reason)) = reasons.next_if(|(refused, _)| *refused == index) {
                self.refused.push(Refused { origin, reason });
            } else {
                self.samples.push(sample);
                self.origins.push(origin);
            }
        }
    }

    /// How many more records there is room for, of at most `max_records`.
    pub(crate) fn room(&self, max_records: usize) -> usize {
        let records = self.batches.iter().map(|batch| batch.records.len()).sum();
        let bytes: usize = self.batches.iter().map(|batch| batch.records.held_bytes()).sum();
        if bytes < MAX_BYTES { max_records.saturating_sub(records) } else { 0 }
    }

    /// The batch and offset of a record.
    pub(crate) fn find(&self, origin: Origin) -> (&ReceivedBatch, Offset) {
        let batch = &self.batches[origin.batch];
        (batch, batch.offsets[origin.record])
    }

    /// How far the positions move, given where the store has them now: one step for each partition.
    pub(crate) fn advances(
        &self,
        topic_id: &TopicId,
        stored: impl Fn(&TopicPartition) -> Offset,
    ) -> Vec<Advance> {
        let mut advances: Vec<Advance> = Vec::new();
        for batch in &self.batches {
            match advances.iter_mut().find(|advance| advance.partition == batch.partition) {
                Some(advance) => advance.next = batch.next,
                None => advances.push(Advance {
                    group: Group::PERSISTER,
                    partition: batch.partition.clone(),
                    topic_id: topic_id.clone(),
                    expected: stored(&batch.partition),
                    next: batch.next,
                }),
            }
        }
        advances
    }

    /// All samples with the positions, as one transaction.
    pub(crate) fn append(&self, advances: Vec<Advance>, max_series: u64) -> Append {
        Append { samples: self.samples.clone(), advances, max_series: Some(max_series) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::{BatchBuilder, Topic};

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
            appended_at: Timestamp::MIN,
        }
    }

    fn json(value: u32) -> String {
        format!(r#"{{"source":"a","name":"b","value":{value},"collected_at":"2026-11-20T10:00:00Z"}}"#)
    }

    fn taken(batches: impl IntoIterator<Item = ReceivedBatch>) -> InHand {
        let (mut in_hand, mut decoder) = (InHand::default(), SampleDecoder::new());
        batches.into_iter().for_each(|batch| in_hand.take(batch, &mut decoder, |_| Ok(())));
        in_hand
    }

    /// The value, offset and reason of each refused record.
    fn refused(in_hand: &InHand) -> Vec<(&[u8], Offset, &str)> {
        let told = in_hand.refused.iter().map(|Refused { origin, reason }| {
            let (batch, offset) = in_hand.find(*origin);
            (batch.records.get(origin.record).value, offset, reason.as_str())
        });
        told.collect()
    }

    fn values(in_hand: &InHand) -> Vec<f64> {
        in_hand.samples.iter().map(|sample| sample.value).collect()
    }

    #[test]
    fn a_record_that_is_no_sample_is_refused_and_the_others_are_kept() {
        let (one, two) = (json(1), json(2));
        let in_hand = taken([
            batch(0, 10, &[one.as_bytes(), b"{}", two.as_bytes()]),
            batch(1, 4, &[b"\xff", one.as_bytes()]),
        ]);
        assert_eq!(values(&in_hand), [1.0, 2.0, 1.0]);
        assert_eq!(
            refused(&in_hand),
            [(&b"{}"[..], 12, "source: is missing"), (b"\xff", 4, "sample: is not UTF-8 from byte 0 on")]
        );
    }

    #[test]
    fn of_a_copy_nothing_is_in_hand_but_that_its_position_moves() {
        let labelled = r#"{"source":"a","name":"b","labels":{"cached":"true"},"value":1,"CollectedAt":"2009-11-20T10:00:00Z"}"#;
        let (mut in_hand, mut decoder) = (InHand::default(), SampleDecoder::new());
        let never = |_| Err(Violation::new("collected_at", "is too old"));
        in_hand.take(batch(0, 0, &[labelled.as_bytes()]), &mut decoder, never);
        assert_eq!((values(&in_hand), refused(&in_hand), in_hand.copies), (vec![], vec![], 1));
        let [advance] = &in_hand.advances(&TopicId::new("metrics"), |_| 0)[..] else {
            panic!("one partition")
        };
        assert_eq!(advance.next, 1);
    }

    #[test]
    fn a_sample_of_an_instant_that_may_not_be_is_refused_with_the_reason() {
        let (good, early) = (json(1), json(2).replace("2026", "2009"));
        let (mut in_hand, mut decoder) = (InHand::default(), SampleDecoder::new());
        let check = |at: Timestamp| {
            let is_old = at.to_string().starts_with("2009");
            if is_old { Err(Violation::new("collected_at", "is too old")) } else { Ok(()) }
        };
        in_hand.take(batch(0, 0, &[early.as_bytes(), good.as_bytes()]), &mut decoder, check);
        assert_eq!(values(&in_hand), [1.0]);
        assert_eq!(refused(&in_hand), [(early.as_bytes(), 0, "collected_at: is too old")]);
    }

    #[test]
    fn a_sample_that_is_refused_later_is_still_known_by_its_record() {
        let (one, two, three) = (json(1), json(2), json(3));
        let mut in_hand = taken([
            batch(0, 0, &[one.as_bytes(), b"{}", two.as_bytes()]),
            batch(0, 10, &[three.as_bytes(), one.as_bytes()]),
        ]);
        in_hand.refused.clear();
        in_hand.refuse(vec![(0, "first".into()), (2, "third".into())]);
        assert_eq!(values(&in_hand), [2.0, 1.0]);
        let mut found = refused(&in_hand);
        found.sort_by_key(|&(_, offset, _)| offset);
        assert_eq!(found, [(one.as_bytes(), 0, "first"), (three.as_bytes(), 10, "third")]);
    }

    #[test]
    fn each_partition_moves_once_from_where_the_store_is_to_past_its_last_record() {
        let in_hand = taken([batch(0, 5, &[b"", b""]), batch(1, 0, &[b""]), batch(0, 9, &[b""])]);
        let advance = |number, expected, next| Advance {
            group: Group::PERSISTER,
            partition: partition(number),
            topic_id: TopicId::new("metrics"),
            expected,
            next,
        };
        let stored = |at: &TopicPartition| if *at == partition(0) { 5 } else { 0 };
        assert_eq!(in_hand.advances(&TopicId::new("metrics"), stored), [advance(0, 5, 10), advance(1, 0, 1)]);
    }

    #[test]
    fn there_is_room_for_as_many_records_as_are_not_in_hand_whatever_became_of_them() {
        let mut in_hand = taken([batch(0, 0, &[b"", json(1).as_bytes(), b""])]);
        in_hand.refused.clear();
        assert_eq!([2, 3, 4, 10].map(|max| in_hand.room(max)), [0, 0, 1, 7]);
    }

    #[test]
    fn there_is_no_room_from_so_many_bytes_on() {
        let key_bytes = 1;
        let below = vec![b' '; MAX_BYTES - key_bytes - 1];
        assert_eq!(taken([batch(0, 0, &[&below])]).room(10), 9);
        assert_eq!(taken([batch(0, 0, &[&below]), batch(0, 1, &[b""])]).room(10), 0);
    }
}
