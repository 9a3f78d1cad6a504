//! Which letters still wait for somebody to do something about them.

use super::header::{self, REPLAYED};
use super::{DeadLetter, Place};
use crate::moved_from::MOVED_FROM;
use std::collections::{BTreeMap, HashSet};
use watchkeeper_domain::Violation;
use watchkeeper_ports::{Offset, Record, TopicPartition};

/// What a dead-letter topic comes down to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outstanding<'a> {
    /// The letters that were not replayed, by place. A record that one role has rejected more than once
    /// is one letter, the first.
    pub letters: Vec<(Place, DeadLetter<'a>)>,
    /// Records that are neither letter nor marker, and why not.
    pub unreadable: Vec<(Place, Violation)>,
}

/// Folds the records of one dead-letter topic, letters and markers in any order.
pub fn outstanding<'a>(records: impl IntoIterator<Item = (Place, Record<'a>)>) -> Outstanding<'a> {
    let mut letters: BTreeMap<Rejection<'a>, Vec<(Place, DeadLetter<'a>)>> = BTreeMap::new();
    let mut replayed = HashSet::new();
    let mut unreadable = Vec::new();
    for (place, record) in records {
        match read(record) {
            Ok(Entry::Letter(letter)) => letters.entry(rejection(&letter)).or_default().push((place, letter)),
            Ok(Entry::Replayed(place)) => _ = replayed.insert(place),
            Err(violation) => unreadable.push((place, violation)),
        }
    }
    let waits = |copies: &Vec<(Place, _)>| !copies.iter().any(|(place, _)| replayed.contains(place));
    let first = |copies: Vec<(Place, _)>| copies.into_iter().min_by_key(|&(place, _)| place);
    let mut letters: Vec<_> = letters.into_values().filter(waits).filter_map(first).collect();
    letters.sort_unstable_by_key(|&(place, _)| place);
    Outstanding { letters, unreadable }
}

/// What makes two letters the same: the record's place, the role that rejected it, and, because places are
/// numbered anew on each bus, where a letter lay that was moved from another.
type Rejection<'a> = (TopicPartition, Offset, &'a str, Option<&'a str>);

fn rejection<'a>(letter: &DeadLetter<'a>) -> Rejection<'a> {
    (letter.origin.clone(), letter.offset, letter.rejected_by, letter.record.header(MOVED_FROM))
}

enum Entry<'a> {
    Letter(DeadLetter<'a>),
    Replayed(Place),
}

fn read(record: Record<'_>) -> Result<Entry<'_>, Violation> {
    if record.header(REPLAYED).is_some() {
        return header::parsed(&record, REPLAYED, "partition/offset, such as 0/42").map(Entry::Replayed);
    }
    DeadLetter::read(record).map(Entry::Letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::Timestamp;
    use watchkeeper_ports::{BatchBuilder, RecordBatch, Topic};

    fn letter(offset: Offset, role: &str) -> DeadLetter<'_> {
        DeadLetter {
            reason: "bad",
            rejected_by: role,
            rejected_at: Timestamp::MIN,
            origin: TopicPartition::new(Topic::METRICS, 0),
            offset,
            record: Record { key: b"k", value: b"v", headers: &[], incomplete: None },
        }
    }

    fn at(offset: Offset) -> Place {
        Place { partition: 0, offset }
    }

    fn placed(batch: &RecordBatch) -> Vec<(Place, Record<'_>)> {
        (0..).map(at).zip(batch.iter()).collect()
    }

    fn places(batch: BatchBuilder) -> Vec<Offset> {
        let batch = batch.finish();
        outstanding(placed(&batch)).letters.iter().map(|(place, _)| place.offset).collect()
    }

    #[test]
    fn letters_of_one_record_and_role_count_once() {
        let mut batch = BatchBuilder::default();
        letter(1, "persister").push(&mut batch);
        letter(1, "cache").push(&mut batch);
        letter(1, "persister").push(&mut batch);
        letter(2, "persister").push(&mut batch);
        assert_eq!(places(batch), [0, 1, 3]);
    }

    #[test]
    fn a_marker_settles_every_copy_of_its_letter_even_a_later_one() {
        let mut batch = BatchBuilder::default();
        letter(1, "persister").push(&mut batch);
        letter(1, "persister").push(&mut batch);
        letter(2, "persister").push(&mut batch);
        letter(1, "persister").push_replayed_marker(&mut batch, at(1));
        letter(1, "persister").push(&mut batch);
        assert_eq!(places(batch), [2]);
    }

    #[test]
    fn a_record_that_is_no_letter_is_named_and_settles_nothing() {
        let mut batch = BatchBuilder::default();
        letter(1, "persister").push(&mut batch);
        batch.push(b"k", b"v");
        batch.push_with_headers(b"k", b"", vec![(REPLAYED.to_owned(), "first".to_owned())]);
        let batch = batch.finish();
        let found = outstanding(placed(&batch));
        assert_eq!(found.letters.len(), 1);
        let unreadable: Vec<_> =
            found.unreadable.iter().map(|(place, why)| format!("{place} {why}")).collect();
        assert_eq!(
            unreadable,
            [
                "0/1 watchkeeper.topic: is missing",
                "0/2 watchkeeper.replayed: must be partition/offset, such as 0/42"
            ]
        );
    }

    proptest! {
        #[test]
        fn the_order_of_records_makes_no_difference(
            entries in prop::collection::vec((any::<bool>(), 0_u64..4), 0..12),
            seed in any::<prop::sample::Index>(),
        ) {
            let mut batch = BatchBuilder::default();
            for (is_letter, number) in entries {
                if is_letter {
                    letter(number, "persister").push(&mut batch);
                } else {
                    letter(number, "persister").push_replayed_marker(&mut batch, at(number));
                }
            }
            let batch = batch.finish();
            let mut records = placed(&batch);
            let expected = outstanding(records.clone());
            if !records.is_empty() {
                let middle = seed.index(records.len());
                records.rotate_left(middle);
            }
            records.reverse();
            prop_assert_eq!(outstanding(records), expected);
        }
    }
}
