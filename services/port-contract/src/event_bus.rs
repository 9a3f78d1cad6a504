//! What every [`EventBus`] promises.

mod consuming;
mod groups;
mod member;
mod publishing;
mod reading;
mod watching;

pub use consuming::*;
pub use groups::*;
pub use publishing::*;
pub use reading::*;
pub use watching::*;

use crate::suite;
use std::sync::atomic::{AtomicU64, Ordering};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, EventBus, Group, RecordBatch, Topic};

suite!(($) event_bus_contract, event_bus, [
    records_come_back_as_they_were_published,
    an_empty_batch_is_nothing,
    a_large_batch_comes_back_whole,
    records_of_one_key_keep_their_order,
    a_key_says_in_which_partition_its_records_lie,
    a_topic_of_records_that_are_published_once_more_has_as_many_partitions,
    a_record_needs_no_key,
    large_records_come_back_whole,
    a_record_of_the_largest_size_is_taken_and_a_larger_one_refused,
    a_header_whose_name_has_a_nul_is_refused,
    a_record_that_is_not_whole_is_refused,
    a_batch_of_the_size_that_every_bus_takes_is_taken,
    topics_keep_their_records_apart,
    publishing_at_the_same_time_loses_nothing,
    published_records_survive_reopening,
    the_first_delivery_about_a_partition_is_its_assignment,
    a_delivery_is_no_larger_than_asked_for,
    a_member_waits_for_records_that_come_later,
    a_dropped_wait_loses_nothing,
    a_member_can_go_back,
    a_member_can_go_forward,
    a_position_before_the_earliest_record_is_the_earliest,
    a_position_past_the_end_is_the_earliest,
    a_new_group_starts_at_the_earliest_record,
    every_group_receives_every_record,
    members_share_the_records,
    a_member_that_leaves_hands_over_what_it_did_not_commit,
    a_waiting_member_takes_over_from_one_that_leaves,
    committed_records_are_not_delivered_again,
    a_commit_may_go_back,
    a_position_can_be_committed_once_its_partition_is_assigned,
    commits_survive_reopening,
    a_commit_does_not_move_who_commits,
    a_tail_brings_only_what_comes_after_it,
    every_tail_brings_every_record_and_no_group_notices,
    a_dropped_wait_of_a_tail_loses_nothing,
    reading_needs_no_group_and_does_not_wait,
    reading_goes_on_where_it_ended,
    reading_may_begin_at_any_record,
    reading_past_the_end_says_where_it_began,
    watermarks_say_what_there_is,
    lag_is_what_a_group_has_yet_to_commit,
    a_topic_that_was_published_to_is_listed,
    a_topic_keeps_its_id,
    topics_have_ids_of_their_own,
]);

/// A unique name for each test, because an engine may be shared.
fn unique(what: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{what}-{}-{}-{number}", std::process::id(), Timestamp::now().as_micros())
}

fn topic() -> Topic {
    Topic::named(unique("topic"))
}

fn group() -> Group {
    Group::named(unique("group"))
}

/// Records whose key is `key-{number % keys}` and whose value is their number.
fn numbered(numbers: impl IntoIterator<Item = u64>, keys: u64) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    for number in numbers {
        batch.push(format!("key-{}", number % keys).as_bytes(), number.to_string().as_bytes());
    }
    batch.finish()
}

async fn publish(bus: &dyn EventBus, topic: &Topic, batch: RecordBatch) {
    bus.publish(topic, batch).await.unwrap();
}
