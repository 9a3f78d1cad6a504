//! Which letters wait, learnt record by record.

use super::{DeadLetter, LetterId, Place, REPLAYED};
use crate::moved_from::MovedFrom;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use watchkeeper_ports::{Offset, ReceivedBatch, Record, TopicPartition};

/// The letters that wait to be replayed, of all dead-letter topics.
///
/// It reads each partition once, from its beginning on, and remembers no more than the letters that wait:
/// a topic of any length can be worked off. That a marker comes after its letter, in the same partition,
/// is sure because both have the same key.
#[derive(Debug)]
pub struct Ledger {
    most: usize,
    waiting: BTreeMap<LetterId, Arc<Rejection>>,
    rejections: HashSet<Arc<Rejection>>,
    next: HashMap<TopicPartition, Offset>,
}

/// What makes two letters the same: the record's place, and the role that rejected it. A role that was
/// killed at the wrong moment rejects a record twice. Places are numbered anew on each bus, so that a letter
/// that was moved from another is told from one of here by where it lay.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Rejection {
    origin: TopicPartition,
    offset: Offset,
    rejected_by: String,
    moved_from: Option<MovedFrom>,
}

impl Ledger {
    /// An empty one, which takes no more batches once `most` letters wait.
    pub fn at_most(most: usize) -> Self {
        Self { most, waiting: BTreeMap::new(), rejections: HashSet::new(), next: HashMap::new() }
    }

    /// Where to read a partition on.
    pub fn next(&self, partition: &TopicPartition) -> Offset {
        self.next.get(partition).copied().unwrap_or(0)
    }

    /// Whether some letters must be replayed before more are read.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.most
    }

    /// Takes note of a batch that was read from [`Self::next`] on. A record that is neither letter nor
    /// marker waits for nothing.
    pub fn note(&mut self, batch: &ReceivedBatch) {
        for (record, &offset) in batch.records.iter().zip(&batch.offsets) {
            match replayed(record) {
                Some(Place { partition, offset }) => {
                    let partition = TopicPartition { partition, ..batch.partition.clone() };
                    self.settle(&LetterId { partition, offset });
                }
                None => self.note_letter(record, LetterId { partition: batch.partition.clone(), offset }),
            }
        }
        self.next.insert(batch.partition.clone(), batch.next);
    }

    fn note_letter(&mut self, record: Record<'_>, id: LetterId) {
        let Ok(DeadLetter { origin, offset, rejected_by, .. }) = DeadLetter::read(record) else { return };
        let (rejected_by, moved_from) = (rejected_by.to_owned(), MovedFrom::of(&record));
        let rejection = Arc::new(Rejection { origin, offset, rejected_by, moved_from });
        if self.rejections.insert(Arc::clone(&rejection)) {
            self.waiting.insert(id, rejection);
        }
    }

    /// The letter was replayed, or is gone.
    pub fn settle(&mut self, id: &LetterId) {
        if let Some(rejection) = self.waiting.remove(id) {
            self.rejections.remove(&rejection);
        }
    }

    /// The topic keeps nothing before `earliest` any more.
    pub fn forget_before(&mut self, partition: &TopicPartition, earliest: Offset) {
        let first = LetterId { partition: partition.clone(), offset: 0 };
        let end = LetterId { partition: partition.clone(), offset: earliest };
        let gone: Vec<_> = self.waiting.range(first..end).map(|(id, _)| id.clone()).collect();
        for id in &gone {
            self.settle(id);
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether this one waits.
    pub fn waits(&self, id: &LetterId) -> bool {
        self.waiting.contains_key(id)
    }

    /// Those that wait after the one given, by topic and partition, the oldest first.
    pub fn after(&self, id: Option<&LetterId>) -> impl Iterator<Item = &LetterId> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.waiting.range((id.map_or(Unbounded, Excluded), Unbounded)).map(|(id, _)| id)
    }
}

/// The letter whose replay a marker tells of. A marker that cannot be read tells of none.
fn replayed(record: Record<'_>) -> Option<Place> {
    record.header(REPLAYED)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moved_from::MOVED_FROM;
    use watchkeeper_domain::Timestamp;
    use watchkeeper_ports::{BatchBuilder, Topic};

    fn dead_letters() -> TopicPartition {
        TopicPartition::new(Topic::METRICS.dead_letters(), 0)
    }

    fn letter(offset: Offset, rejected_by: &str) -> DeadLetter<'_> {
        DeadLetter {
            reason: "bad",
            rejected_by,
            rejected_at: Timestamp::MIN,
            origin: TopicPartition::new(Topic::METRICS, 0),
            offset,
            record: Record { key: b"k", value: b"v", headers: &[], incomplete: None },
        }
    }

    /// The records of `builder` as they lie from `first` on.
    fn read_from(first: Offset, builder: BatchBuilder) -> ReceivedBatch {
        let records = builder.finish();
        let next = first + records.len() as u64;
        ReceivedBatch {
            partition: dead_letters(),
            records,
            offsets: (first..next).collect(),
            next,
            appended_at: Timestamp::MIN,
        }
    }

    fn waiting(ledger: &Ledger) -> Vec<Offset> {
        ledger.after(None).map(|id| id.offset).collect()
    }

    #[test]
    fn a_record_that_a_role_rejects_twice_waits_once_and_is_settled_once() {
        let mut ledger = Ledger::at_most(10);
        let mut batch = BatchBuilder::default();
        letter(1, "persister").push(&mut batch);
        letter(1, "processor").push(&mut batch);
        letter(1, "persister").push(&mut batch);
        letter(2, "persister").push(&mut batch);
        ledger.note(&read_from(0, batch));
        assert_eq!(waiting(&ledger), [0, 1, 3]);

        let mut batch = BatchBuilder::default();
        letter(1, "persister").push_replayed_marker(&mut batch, Place { partition: 0, offset: 0 });
        ledger.note(&read_from(4, batch));
        assert_eq!((waiting(&ledger), ledger.next(&dead_letters())), (vec![1, 3], 5));
    }

    #[test]
    fn a_letter_from_another_bus_is_not_one_of_here_whose_record_had_the_same_place() {
        let mut ledger = Ledger::at_most(10);
        let mut batch = BatchBuilder::default();
        letter(1, "persister").push(&mut batch);
        let here = batch.finish();
        let mut batch = BatchBuilder::default();
        let mut headers = here.get(0).headers.to_vec();
        headers.push((MOVED_FROM.to_owned(), "metrics.dead/0/9".to_owned()));
        batch.push_with_headers(b"k", b"v", headers);
        letter(1, "persister").push(&mut batch);
        ledger.note(&read_from(0, batch));
        assert_eq!(waiting(&ledger), [0, 1]);
    }

    #[test]
    fn a_replayed_record_that_is_rejected_again_waits_again() {
        let mut ledger = Ledger::at_most(10);
        let mut batch = BatchBuilder::default();
        letter(1, "persister").push(&mut batch);
        letter(1, "persister").push_replayed_marker(&mut batch, Place { partition: 0, offset: 0 });
        letter(7, "persister").push(&mut batch);
        ledger.note(&read_from(0, batch));
        assert_eq!(waiting(&ledger), [2]);
    }

    #[test]
    fn a_record_that_is_no_letter_waits_for_nothing() {
        let mut ledger = Ledger::at_most(10);
        let mut batch = BatchBuilder::default();
        batch.push(b"k", b"v");
        batch.push_with_headers(b"k", b"", vec![(REPLAYED.to_owned(), "first".to_owned())]);
        letter(1, "persister").push(&mut batch);
        ledger.note(&read_from(0, batch));
        assert_eq!(waiting(&ledger), [2]);
    }

    #[test]
    fn it_is_full_at_its_limit_until_a_letter_is_settled() {
        let mut ledger = Ledger::at_most(2);
        let mut batch = BatchBuilder::default();
        letter(1, "persister").push(&mut batch);
        letter(2, "persister").push(&mut batch);
        ledger.note(&read_from(0, batch));
        assert!(ledger.is_full());
        ledger.settle(&LetterId { partition: dead_letters(), offset: 0 });
        assert!(!ledger.is_full());
        assert_eq!(ledger.waiting(), 1);
    }

    #[test]
    fn what_the_topic_no_longer_keeps_does_not_wait() {
        let mut ledger = Ledger::at_most(10);
        let mut batch = BatchBuilder::default();
        (0..4).for_each(|offset| letter(offset, "persister").push(&mut batch));
        ledger.note(&read_from(0, batch));
        ledger.forget_before(&dead_letters(), 3);
        assert_eq!(waiting(&ledger), [3]);
        assert_eq!(ledger.rejections.len(), 1);
    }

    #[test]
    fn a_page_goes_on_after_a_letter_even_if_that_is_gone() {
        let mut ledger = Ledger::at_most(10);
        let mut batch = BatchBuilder::default();
        (0..4).for_each(|offset| letter(offset, "persister").push(&mut batch));
        ledger.note(&read_from(0, batch));
        let second = LetterId { partition: dead_letters(), offset: 1 };
        ledger.settle(&second);
        let rest: Vec<_> = ledger.after(Some(&second)).map(|id| id.offset).collect();
        assert_eq!(rest, [2, 3]);
    }
}
