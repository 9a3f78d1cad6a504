//! Dead letters on the page at `/`.

use crate::fakes::World;
use crate::markup::assert_sound;
use crate::visit::page;
use std::time::Duration;
use watchkeeper_console::{MAX_DEAD_LETTER_BYTES, MAX_DEAD_LETTER_RECORDS};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, Record, Topic, TopicPartition};
use watchkeeper_wire::dead_letter::{DeadLetter, Place};

fn letter(number: u64, value: &[u8]) -> DeadLetter<'_> {
    DeadLetter {
        reason: "value: must be a number",
        rejected_by: "persister",
        rejected_at: Timestamp::MIN.plus(Duration::from_secs(number)),
        origin: TopicPartition::new(Topic::METRICS, 0),
        offset: 1_000 + number,
        record: Record { key: b"host/load", value, headers: &[], incomplete: None },
    }
}

fn world(batch: BatchBuilder) -> World {
    World { dead_letters: batch.finish(), ..World::default() }
}

fn batch_of(letters: u64) -> BatchBuilder {
    let mut batch = BatchBuilder::default();
    (0..letters).for_each(|number| letter(number, b"v").push(&mut batch));
    batch
}

#[tokio::test]
async fn those_that_wait_are_counted_and_the_newest_ten_shown() {
    let mut batch = batch_of(12);
    letter(11, b"v").push_replayed_marker(&mut batch, Place { partition: 0, offset: 11 });
    let page = page(world(batch), "/").await;
    assert_sound(&page.body);
    page.assert_has("<strong>11</strong> outstanding");
    page.assert_has("Degraded: 11 dead letters");
    page.assert_has("value: must be a number");
    page.assert_has("metrics/0/1010");
    for (id, is_shown) in [(0, false), (1, true), (10, true), (11, false)] {
        assert_eq!(page.body.contains(&format!("metrics.dead-0-{id}</th>")), is_shown, "{id}");
    }
}

#[tokio::test]
async fn older_records_than_the_limit_are_not_counted_and_it_says_so() {
    let all = page(world(batch_of(MAX_DEAD_LETTER_RECORDS as u64)), "/").await;
    all.assert_has("<strong>5,000</strong> outstanding");

    let newest = page(world(batch_of(MAX_DEAD_LETTER_RECORDS as u64 + 1)), "/").await;
    newest.assert_has("<strong>at least 5,000</strong> outstanding");
    newest.assert_has("metrics.dead-0-5000</th>");
}

#[tokio::test]
async fn reading_ends_when_it_has_brought_enough_bytes() {
    let large = vec![b'x'; MAX_DEAD_LETTER_BYTES / 500];
    let mut batch = BatchBuilder::default();
    (0..1_000).for_each(|number| letter(number, &large).push(&mut batch));
    page(world(batch), "/").await.assert_has("<strong>at least 500</strong> outstanding");
}

#[tokio::test]
async fn letters_of_which_a_read_brings_only_a_few_are_all_counted() {
    for read_ends_after in [1, 1_000, 30_000] {
        let world = World { read_ends_after: Some(read_ends_after), ..world(batch_of(1_000)) };
        page(world, "/").await.assert_has("<strong>1,000</strong> outstanding");
    }
}

#[tokio::test]
async fn of_letters_that_are_too_large_for_one_read_the_newest_are_shown() {
    let large = vec![b'x'; MAX_DEAD_LETTER_BYTES / 8 - b"host/load".len()];
    let mut batch = BatchBuilder::default();
    (0..20).for_each(|number| letter(number, &large).push(&mut batch));
    let world = World { read_ends_after: Some(MAX_DEAD_LETTER_BYTES), ..world(batch) };
    let page = page(world, "/").await;
    page.assert_has("<strong>at least 8</strong> outstanding");
    page.assert_has("metrics.dead-0-19</th>");
    page.assert_has("metrics.dead-0-12</th>");
}

#[tokio::test]
async fn a_long_key_is_cut_off() {
    let key = format!("{}b", "a".repeat(120));
    let mut batch = BatchBuilder::default();
    let record = Record { key: key.as_bytes(), value: b"v", headers: &[], incomplete: None };
    DeadLetter { record, ..letter(0, b"v") }.push(&mut batch);
    page(world(batch), "/").await.assert_has(&format!("{}</td>", "a".repeat(120)));
}

#[tokio::test]
async fn a_record_that_is_no_letter_is_remarked() {
    let mut batch = BatchBuilder::default();
    batch.push(b"k", b"v");
    page(world(batch), "/").await.assert_has("One record on the dead-letter topics is no letter.");
}
