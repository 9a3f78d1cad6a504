//! Dead letters on the page at `/`.

use crate::markup::assert_sound;
use crate::visit::{MAX_LETTERS, page};
use crate::world::World;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, Record, Topic, TopicPartition};
use watchkeeper_wire::dead_letter::{DeadLetter, Place, Settlement};

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
    letter(11, b"v").push_marker(&mut batch, Settlement::Replayed, Place { partition: 0, offset: 11 });
    let page = page(world(batch), "/system").await;
    assert_sound(&page.body);
    page.assert_has("<strong>11</strong> pending");
    page.assert_has("Degraded: 11 dead letters");
    page.assert_has("value: must be a number");
    page.assert_has("metrics/0/1010");
    for (id, is_shown) in [(0, false), (1, true), (10, true), (11, false)] {
        assert_eq!(page.body.contains(&format!("metrics.dead-0-{id}</th>")), is_shown, "{id}");
    }
}

#[tokio::test]
async fn past_what_an_index_lists_all_are_counted_and_it_says_that_the_newest_are_not_listed() {
    let all = page(world(batch_of(MAX_LETTERS as u64)), "/system").await;
    all.assert_has("<strong>200</strong> pending");
    all.assert_lacks("the newest are not listed");

    let more = page(world(batch_of(MAX_LETTERS as u64 + 1)), "/system").await;
    more.assert_has("<strong>201</strong> pending");
    more.assert_has("the newest are not listed");
    more.assert_has("metrics.dead-0-199</th>");
}

#[tokio::test]
async fn letters_of_which_a_read_brings_only_a_few_are_all_counted_and_the_newest_shown() {
    for records in [1, 3, 100] {
        let world = World { read_at_most: Some(records), ..world(batch_of(150)) };
        let page = page(world, "/system").await;
        page.assert_has("<strong>150</strong> pending");
        for id in [140, 149] {
            page.assert_has(&format!("metrics.dead-0-{id}</th>"));
        }
    }
}

#[tokio::test]
async fn a_long_key_is_cut_off() {
    let key = format!("{}b", "a".repeat(120));
    let mut batch = BatchBuilder::default();
    let record = Record { key: key.as_bytes(), value: b"v", headers: &[], incomplete: None };
    DeadLetter { record, ..letter(0, b"v") }.push(&mut batch);
    page(world(batch), "/system").await.assert_has(&format!("{}</td>", "a".repeat(120)));
}

#[tokio::test]
async fn a_record_that_is_no_letter_is_remarked() {
    let mut batch = BatchBuilder::default();
    batch.push(b"k", b"v");
    page(world(batch), "/system")
        .await
        .assert_has("1 record on the dead-letter topics is not a dead letter.");
}
