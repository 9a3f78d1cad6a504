//! Records that cannot be stored.

use crate::stage::{Stage, config, counted, records, sample};
use std::sync::Arc;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_persister::PersisterConfig;
use watchkeeper_ports::limits::MAX_RECORD_BYTES;
use watchkeeper_ports::{BatchBuilder, Header, Record, RecordBatch};
use watchkeeper_test_kit::{broken, metrics_partition, unavailable};
use watchkeeper_wire::dead_letter::{DeadLetter, Ledger};
use watchkeeper_wire::sample::push_sample;

/// What stands between samples 0 and 1 in [`with_a_bad_one`].
const BAD: &[u8] = b"{\"source\":\xff";

fn with_a_bad_one() -> RecordBatch {
    let mut batch = BatchBuilder::default();
    push_sample(&mut batch, &sample(0));
    batch.push_with_headers(b"its key", BAD, vec![trace()]);
    push_sample(&mut batch, &sample(1));
    batch.finish()
}

fn trace() -> Header {
    ("trace".into(), "1".into())
}

#[tokio::test]
async fn a_record_that_is_no_sample_becomes_a_dead_letter_and_the_rest_of_the_batch_is_stored() {
    let (stage, before) = (Stage::new(), Timestamp::now());
    stage.publish(with_a_bad_one()).await;
    let role = stage.run(config());
    stage.samples.comes_to(3).await;
    role.stop_well().await;
    assert_eq!(stage.stored().await, [0, 1]);

    let letters = stage.dead_letters().await;
    assert_eq!(letters.records.len(), 1);
    let letter = DeadLetter::read(letters.records.get(0)).unwrap();
    assert_eq!(letter.reason, "sample: is not UTF-8 from byte 10 on");
    assert_eq!(letter.rejected_by, "persister");
    assert!((before..=Timestamp::now()).contains(&letter.rejected_at));
    assert_eq!((letter.origin.clone(), letter.offset), (metrics_partition(), 1));
    assert_eq!((letter.record.key, letter.record.value), (&b"its key"[..], BAD));
    assert_eq!(letter.original_headers().collect::<Vec<_>>(), [&trace()]);
}

#[tokio::test]
async fn of_a_copy_nothing_is_kept_no_dead_letter_either_and_a_series_of_our_own_labelled_so_is_stored() {
    let stage = Stage::new();
    let mut batch = BatchBuilder::default();
    push_sample(&mut batch, &sample(0));
    let at = sample(0).collected_at;
    let labelled = |value: u32| {
        format!(
            r#"{{"source":"test","name":"number","labels":{{"cached":"true"}},"value":{value},"CollectedAt":"{at}"}}"#
        )
    };
    batch.push(b"", labelled(1).as_bytes());
    batch.push(br#"test/number{cached="true"}"#, labelled(2).as_bytes());
    // However old it is.
    batch.push(b"", labelled(3).replace(&at.to_string(), "2009-11-20T10:00:00Z").as_bytes());
    stage.publish(batch.finish()).await;
    let role = stage.run(config());
    stage.samples.comes_to(4).await;
    let context = role.stop_well().await;
    assert_eq!(counted(&context, ["samples_stored", "dead_letters", "copies"]), ["2", "0", "2"]);
    assert_eq!(stage.stored().await, [0, 2]);
    assert_eq!(stage.position().await, Some(4));
}

#[tokio::test]
async fn a_sample_that_the_store_refuses_becomes_a_dead_letter_and_the_others_are_stored_once() {
    let stage = Stage::refusing(13);
    stage.publish(records(0..100)).await;
    let role = stage.run(config());
    stage.samples.comes_to(100).await;
    let context = role.stop_well().await;
    assert_eq!(counted(&context, ["samples_stored", "samples_repeated", "dead_letters"]), ["99", "0", "1"]);
    assert_eq!(stage.stored().await, (0..100).filter(|&number| number != 13).collect::<Vec<_>>());
    assert_eq!(stage.position().await, Some(100));

    let letters = stage.dead_letters().await;
    assert_eq!(letters.records.len(), 1);
    let letter = DeadLetter::read(letters.records.get(0)).unwrap();
    assert_eq!((letter.reason, letter.offset), ("store refuses the input: no 13", 13));
    let original = records([13]);
    let Record { key, value, .. } = original.get(0);
    assert_eq!((letter.record.key, letter.record.value), (key, value));
}

#[tokio::test]
async fn samples_of_new_series_without_room_become_dead_letters_and_those_of_known_ones_are_stored() {
    let stage = Stage::new();
    let of_series = |name: &str, number| {
        let series = Arc::new(Series::new("test", name, "", &[]).unwrap());
        Sample { series, ..sample(number) }
    };
    let mut batch = BatchBuilder::default();
    for (name, number) in [("a", 0), ("b", 1), ("c", 2), ("d", 3), ("a", 4), ("c", 5), ("b", 6)] {
        push_sample(&mut batch, &of_series(name, number));
    }
    stage.publish(batch.finish()).await;
    let role = stage.run(PersisterConfig { max_series: 2, ..config() });
    stage.samples.comes_to(7).await;
    let context = role.stop_well().await;
    assert_eq!(stage.stored().await, [0, 1, 4, 6]);
    let counters = ["samples_stored", "samples_without_room", "dead_letters"];
    assert_eq!(counted(&context, counters), ["4", "3", "3"]);
    let letters = stage.dead_letters().await;
    let read: Vec<_> = letters.records.iter().map(|record| DeadLetter::read(record).unwrap()).collect();
    assert_eq!(read.iter().map(|letter| letter.offset).collect::<Vec<_>>(), [2, 3, 5]);
    let named = "the limit is 2, set by `max_series` in [persister]";
    assert!(read.iter().all(|letter| letter.reason.contains(named)), "{}", read[0].reason);
}

#[tokio::test]
async fn a_letter_is_sent_before_the_position_moves_and_one_that_a_crash_doubled_is_shown_once() {
    let stage = Stage::new();
    stage.publish(with_a_bad_one()).await;
    stage.samples.fail_next("append_within", broken("it"));
    stage.run(config()).ended().await.unwrap_err();
    assert_eq!((stage.position().await, stage.dead_letters().await.records.len()), (None, 1));

    let role = stage.run(config());
    stage.samples.comes_to(3).await;
    role.stop_well().await;
    let letters = stage.dead_letters().await;
    assert_eq!(letters.records.len(), 2);
    let mut ledger = Ledger::at_most(10);
    ledger.note(&letters);
    assert_eq!((ledger.listed(), ledger.strays()), (1, 0));
    assert_eq!(stage.stored().await, [0, 1]);
}

#[tokio::test]
async fn a_letter_that_cannot_be_sent_holds_the_position_until_it_is() {
    let stage = Stage::new();
    stage.publish(with_a_bad_one()).await;
    (0..2).for_each(|_| stage.bus.fail_next("publish", unavailable("it")));
    let role = stage.run(config());
    stage.samples.comes_to(3).await;
    role.stop_well().await;
    assert_eq!(stage.samples.appends().len(), 1, "nothing was stored before the letter was sent");
    assert_eq!(stage.dead_letters().await.records.len(), 1);
}

#[tokio::test]
async fn while_the_store_is_away_a_letter_is_not_sent_again() {
    let stage = Stage::new();
    stage.publish(with_a_bad_one()).await;
    (0..2).for_each(|_| stage.samples.fail_next("append_within", unavailable("it")));
    let role = stage.run(config());
    stage.samples.comes_to(3).await;
    role.stop_well().await;
    assert_eq!(stage.dead_letters().await.records.len(), 1);
}

#[tokio::test]
async fn a_batch_of_which_nothing_can_be_stored_moves_the_position() {
    let stage = Stage::new();
    let mut batch = BatchBuilder::default();
    (0..3).for_each(|_| batch.push(b"", BAD));
    stage.publish(batch.finish()).await;
    let role = stage.run(config());
    stage.samples.comes_to(3).await;
    role.stop_well().await;
    assert_eq!(stage.dead_letters().await.records.len(), 3);
    assert_eq!(stage.stored().await, [0; 0]);
}

#[tokio::test]
async fn letters_that_are_more_than_a_bus_takes_at_once_are_sent_in_several_batches() {
    const LARGE: usize = 20;
    let stage = Stage::new();
    let large = vec![b'x'; MAX_RECORD_BYTES];
    for _ in 0..LARGE {
        let mut batch = BatchBuilder::default();
        batch.push(b"", &large);
        stage.publish(batch.finish()).await;
    }
    stage.publish(records([7])).await;
    let role = stage.run(config());
    stage.samples.comes_to(LARGE as u64 + 1).await;
    let context = role.stop_well().await;
    assert_eq!(counted(&context, ["dead_letters", "dead_letters_dropped"]), ["20", "0"]);
    assert_eq!(stage.stored().await, [7]);
    let letters = stage.dead_letters().await;
    assert_eq!(DeadLetter::read(letters.records.get(0)).unwrap().incomplete(), None, "each is whole");
}
