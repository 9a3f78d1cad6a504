use super::super::{REPLAYED, Settlement};
use super::*;
use crate::moved_from::MOVED_FROM;
use proptest::prelude::*;
use std::collections::BTreeSet;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, RecordBatch, Topic};

fn dead_letters(partition: u32) -> TopicPartition {
    TopicPartition::new(Topic::METRICS.dead_letters(), partition)
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

fn push(batch: &mut BatchBuilder, offset: Offset) {
    letter(offset, "persister").push(batch);
}

/// Marks the dead letter at `offset` of partition 0 as replayed.
fn settle(batch: &mut BatchBuilder, offset: Offset) {
    letter(0, "persister").push_marker(batch, Settlement::Replayed, Place { partition: 0, offset });
}

fn id(offset: Offset) -> LetterId {
    LetterId { partition: dead_letters(0), offset }
}

/// The records of `builder` at offsets from `first`.
fn read_from(first: Offset, builder: BatchBuilder) -> ReceivedBatch {
    received(first, &builder.finish(), usize::MAX)
}

fn received(first: Offset, records: &RecordBatch, most: usize) -> ReceivedBatch {
    let from = usize::try_from(first).unwrap();
    let records: RecordBatch = records.iter().skip(from).take(most).collect();
    let next = first + records.len() as u64;
    ReceivedBatch {
        partition: dead_letters(0),
        records,
        offsets: (first..next).collect(),
        next,
        appended: Vec::new(),
    }
}

fn noted(builder: BatchBuilder) -> Ledger {
    let mut ledger = Ledger::at_most(10);
    ledger.note(&received(0, &builder.finish(), usize::MAX));
    ledger
}

fn waiting(ledger: &Ledger) -> Vec<Offset> {
    ledger.after(None).map(|id| id.offset).collect()
}

fn marks(partition: u32, earliest: Offset, end: Offset) -> Watermarks {
    Watermarks { partition: dead_letters(partition), low: earliest, high: end }
}

#[test]
fn a_record_that_a_role_rejects_twice_waits_once_and_is_settled_once() {
    let mut batch = BatchBuilder::default();
    push(&mut batch, 1);
    letter(1, "processor").push(&mut batch);
    push(&mut batch, 1);
    push(&mut batch, 2);
    let mut ledger = noted(batch);
    assert_eq!(waiting(&ledger), [0, 1, 3]);
    ledger.settle(&id(0));
    assert_eq!(waiting(&ledger), [1, 3]);
}

#[test]
fn a_marker_settles_every_copy_of_its_letter_even_a_later_one() {
    let mut batch = BatchBuilder::default();
    push(&mut batch, 1);
    push(&mut batch, 1);
    push(&mut batch, 2);
    settle(&mut batch, 1);
    push(&mut batch, 1);
    assert_eq!(waiting(&noted(batch)), [2]);
}

#[test]
fn a_letter_is_settled_by_being_replayed_or_discarded() {
    for settlement in [Settlement::Replayed, Settlement::Discarded] {
        let mut batch = BatchBuilder::default();
        push(&mut batch, 1);
        push(&mut batch, 2);
        letter(1, "persister").push_marker(&mut batch, settlement, Place { partition: 0, offset: 0 });
        assert_eq!(waiting(&noted(batch)), [1], "{settlement:?}");
    }
}

#[test]
fn another_record_that_had_the_same_place_is_another_rejection() {
    let mut batch = BatchBuilder::default();
    push(&mut batch, 1);
    settle(&mut batch, 0);
    let other = DeadLetter {
        record: Record { key: b"k", value: b"other", headers: &[], incomplete: None },
        ..letter(1, "persister")
    };
    other.push(&mut batch);
    assert_eq!(waiting(&noted(batch)), [2], "its topic was recreated");
}

#[test]
fn a_letter_from_another_bus_is_not_one_of_here_whose_record_had_the_same_place() {
    let mut batch = BatchBuilder::default();
    push(&mut batch, 1);
    let here = batch.finish();
    let mut batch = BatchBuilder::default();
    let mut headers = here.get(0).headers.to_vec();
    headers.push((MOVED_FROM.to_owned(), "metrics.dead/0/9".to_owned()));
    batch.push_with_headers(b"k", b"v", headers);
    push(&mut batch, 1);
    assert_eq!(waiting(&noted(batch)), [0, 1]);
}

#[test]
fn a_replayed_record_that_is_rejected_again_waits_again() {
    let mut batch = BatchBuilder::default();
    push(&mut batch, 1);
    settle(&mut batch, 0);
    push(&mut batch, 7);
    assert_eq!(waiting(&noted(batch)), [2]);
}

#[test]
fn a_record_that_is_no_letter_is_counted_and_waits_for_nothing() {
    let mut batch = BatchBuilder::default();
    batch.push(b"k", b"v");
    batch.push_with_headers(b"k", b"", vec![(REPLAYED.to_owned(), "first".to_owned())]);
    push(&mut batch, 1);
    let mut ledger = noted(batch);
    assert_eq!((waiting(&ledger), ledger.strays()), (vec![2], 2));
    ledger.reconcile(&[marks(0, 1, 3)]);
    assert_eq!(ledger.strays(), 1);
}

#[test]
fn a_marker_in_another_partition_settles_its_letter_whichever_is_read_first() {
    for marker_first in [true, false] {
        let (mut letters, mut markers) = (BatchBuilder::default(), BatchBuilder::default());
        push(&mut letters, 1);
        push(&mut letters, 2);
        settle(&mut markers, 0);
        let mut batches =
            [read_from(0, letters), ReceivedBatch { partition: dead_letters(1), ..read_from(0, markers) }];
        if marker_first {
            batches.reverse();
        }
        let mut ledger = Ledger::at_most(10);
        ledger.reconcile(&[marks(0, 0, 2), marks(1, 0, 1)]);
        for batch in &batches {
            ledger.note(batch);
        }
        assert_eq!(waiting(&ledger), [1]);
    }
}

#[test]
fn a_marker_that_names_what_comes_after_it_or_no_partition_settles_nothing() {
    let mut batch = BatchBuilder::default();
    settle(&mut batch, 2);
    letter(0, "x").push_marker(&mut batch, Settlement::Replayed, Place { partition: 9, offset: 0 });
    push(&mut batch, 1);
    let ledger = noted(batch);
    assert_eq!((waiting(&ledger), ledger.logs.len()), (vec![2], 1));
}

#[test]
fn what_there_is_no_room_for_is_counted_and_read_again_once_half_the_room_is_free() {
    let mut batch = BatchBuilder::default();
    (0..5).for_each(|offset| push(&mut batch, offset));
    settle(&mut batch, 3);
    let records = batch.finish();
    let mut ledger = Ledger::at_most(2);
    ledger.note(&received(0, &records, usize::MAX));
    assert_eq!((waiting(&ledger), ledger.unlisted()), (vec![0, 1], 2));
    assert!(ledger.knows(&[marks(0, 0, 6)]));
    assert!(!ledger.go_back());

    ledger.settle(&id(0));
    assert!(ledger.go_back());
    assert!(ledger.knows(&[marks(0, 0, 6)]), "they are still counted");
    assert_eq!((ledger.next(&dead_letters(0)), ledger.unlisted()), (2, 2));
    ledger.note(&received(2, &records, usize::MAX));
    assert_eq!((waiting(&ledger), ledger.unlisted()), (vec![1, 2], 1));

    ledger.settle(&id(1));
    assert!(ledger.go_back());
    ledger.note(&received(4, &records, usize::MAX));
    assert_eq!((waiting(&ledger), ledger.unlisted()), (vec![2, 4], 0));
    assert!(!ledger.go_back());
}

#[test]
fn letters_past_the_room_that_were_all_replayed_do_not_wait() {
    let mut batch = BatchBuilder::default();
    (0..6).for_each(|offset| push(&mut batch, offset));
    (0..6).for_each(|offset| settle(&mut batch, offset));
    let records = batch.finish();
    let mut ledger = Ledger::at_most(2);
    ledger.note(&received(0, &records, usize::MAX));
    assert_eq!((ledger.listed(), ledger.unlisted()), (0, 0));
}

#[test]
fn what_the_topic_no_longer_keeps_does_not_wait() {
    let mut batch = BatchBuilder::default();
    (0..4).for_each(|offset| push(&mut batch, offset));
    let mut ledger = noted(batch);
    ledger.reconcile(&[marks(0, 3, 4)]);
    assert_eq!((waiting(&ledger), ledger.listed()), (vec![3], 1));
}

#[test]
fn a_letter_whose_copy_is_still_kept_waits_as_that() {
    let mut batch = BatchBuilder::default();
    for offset in [1, 2, 1, 1] {
        push(&mut batch, offset);
    }
    let mut ledger = noted(batch);
    ledger.reconcile(&[marks(0, 1, 4)]);
    assert_eq!(waiting(&ledger), [1, 2]);
    ledger.settle(&id(3));
    assert_eq!(waiting(&ledger), [1]);
}

#[test]
fn past_their_limit_the_oldest_copy_is_forgotten() {
    let mut log = Log::new(dead_letters(0));
    (0..=log::MAX_COPIES as u64).for_each(|offset| log.note_copy(offset, Rejection(7)));
    assert_eq!((log.rejection_at(0), log.rejection_at(1)), (None, Some(Rejection(7))));
}

#[test]
fn a_topic_that_was_made_anew_is_read_from_its_beginning() {
    let mut batch = BatchBuilder::default();
    (0..4).for_each(|offset| push(&mut batch, offset));
    let mut ledger = noted(batch);
    ledger.reconcile(&[marks(0, 0, 2)]);
    assert_eq!((ledger.listed(), ledger.next(&dead_letters(0))), (0, 0));
}

#[test]
fn a_page_goes_on_after_a_letter_even_if_that_is_gone() {
    let mut batch = BatchBuilder::default();
    (0..4).for_each(|offset| push(&mut batch, offset));
    let mut ledger = noted(batch);
    ledger.settle(&id(1));
    let rest: Vec<_> = ledger.after(Some(&id(1))).map(|id| id.offset).collect();
    assert_eq!(rest, [2, 3]);
    assert_eq!(ledger.newest(2).map(|id| id.offset).collect::<Vec<_>>(), [3, 2]);
}

/// The expected pending ones: the first dead letter of each rejection, unless a marker names any of them.
fn by_the_rule(entries: &[(bool, u64)]) -> Vec<Offset> {
    let letters: Vec<_> = (0..).zip(entries).filter(|(_, (is_letter, _))| *is_letter).collect();
    let settled: BTreeSet<_> = (0..)
        .zip(entries)
        .filter(|(at, (is_letter, names))| !is_letter && names < at)
        .filter_map(|(_, (_, names))| {
            letters.iter().find(|(at, _)| at == names).map(|(_, (_, origin))| *origin)
        })
        .collect();
    let mut seen = settled;
    letters.into_iter().filter(|(_, (_, origin))| seen.insert(*origin)).map(|(at, _)| at).collect()
}

proptest! {
    #[test]
    fn what_waits_is_by_the_rule_however_it_is_read_and_however_little_room_there_is(
        entries in prop::collection::vec((any::<bool>(), 0_u64..8), 0..24),
        at_once in 1_usize..9,
        most in 1_usize..12,
    ) {
        let mut batch = BatchBuilder::default();
        for &(is_letter, number) in &entries {
            if is_letter { push(&mut batch, number) } else { settle(&mut batch, number) }
        }
        let records = batch.finish();
        let mut ledger = Ledger::at_most(most);
        let mut listed = BTreeSet::new();
        // Reads to the end, and continues whenever there is room again.
        for _ in 0..=entries.len() {
            while ledger.next(&dead_letters(0)) < records.len() as u64 {
                let next = ledger.next(&dead_letters(0));
                ledger.note(&received(next, &records, at_once));
            }
            let now = waiting(&ledger);
            prop_assert!(now.len() <= most);
            for offset in now {
                listed.insert(offset);
                ledger.settle(&id(offset));
            }
            if !ledger.go_back() {
                break;
            }
        }
        prop_assert_eq!(ledger.unlisted(), 0);
        prop_assert_eq!(listed.into_iter().collect::<Vec<_>>(), by_the_rule(&entries));
    }
}
