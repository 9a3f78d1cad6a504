//! What every [`EventStore`] promises.

mod appending;
mod asking;
mod counting;
mod model;
mod numbers;
mod pruning;
mod restoring;

pub use appending::*;
pub use asking::*;
pub use counting::*;
pub use model::*;
pub use numbers::*;
pub use pruning::*;
pub use restoring::*;

use crate::samples::{after, topic_id};
use crate::suite;
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::event::{Condition, Field, Fields, Test};
use watchkeeper_domain::{Event, EventId, Level, Timestamp};
use watchkeeper_ports::{
    Advance, Append, Appended, EventKey, EventQuery, EventStore, Group, Offset, Order, Processed, Topic,
    TopicPartition,
};

suite!(($) event_store_contract, event_store, [
    an_event_comes_back_exactly,
    an_event_is_found_by_its_id,
    hostile_texts_come_back_exactly,
    the_longest_message_and_the_deepest_fields_come_back_exactly,
    numbers_of_any_size_come_back_exactly,
    a_batch_appended_twice_is_stored_once,
    of_two_events_with_one_id_in_a_batch_the_first_stays,
    a_given_id_is_stored_once_whatever_its_time,
    an_id_by_arrival_is_stored_once_at_its_instant,
    twins_with_ids_of_their_own_are_both_stored,
    events_and_positions_move_together,
    a_fenced_append_stores_and_counts_nothing,
    an_append_without_events_moves_the_position,
    one_position_of_events_is_moved_by_one_of_many,
    events_survive_reopening,
    appends_of_the_same_events_at_the_same_time_store_each_once,
    a_large_batch_of_events_is_stored_whole,
    counts_are_what_a_recount_of_the_events_says,
    a_repeated_event_does_not_count_again,
    an_event_that_is_not_stored_only_counts,
    an_event_that_is_not_stored_can_count_as_one_of_all,
    counts_have_a_name_a_service_a_level_and_labels,
    counts_are_of_the_minutes_that_begin_in_the_time,
    events_come_in_order_of_time_and_of_arrival,
    events_of_one_instant_are_each_on_one_page,
    pages_have_each_event_once_whatever_arrives_meanwhile,
    a_place_without_an_event_is_a_place,
    a_range_has_its_start_and_not_its_end,
    a_page_says_whether_more_follow,
    what_a_field_is_not_includes_events_without_it,
    an_id_in_a_query_finds_its_event,
    a_field_is_found_whatever_type_it_had_before,
    an_empty_store_answers_everything,
    bars_add_up_to_the_events_that_are_found,
    a_bar_has_its_start_and_not_its_end,
    top_values_come_by_number_and_then_by_value,
    top_counts_the_items_of_lists_and_the_events_without_the_field,
    fields_are_named_as_in_a_query,
    fields_are_those_of_the_newest_events,
    questions_of_any_kind_are_what_a_model_of_events_says,
    pruning_removes_older_events_and_counts_and_nothing_else,
    events_of_a_service_up_to_a_level_are_pruned_and_their_counts_stay,
    a_pruned_service_can_come_back,
    events_are_appended_while_others_are_pruned,
    an_event_store_in_use_can_be_checked,
]);

/// All times but the last possible instant.
const ALWAYS: Range<Timestamp> = Timestamp::MIN..Timestamp::MAX;

/// An event of a shop, whose message is the id that its producer gave it.
fn event(id: &str, seconds: u64) -> Event {
    Event {
        id: EventId::given(id),
        occurred_at: after(seconds),
        level: Level::Info,
        service: "shop".into(),
        host: "web-1".into(),
        message: id.to_owned(),
        fields: Fields::new(),
    }
}

fn with_fields(event: Event, fields: serde_json::Value) -> Event {
    let serde_json::Value::Object(fields) = fields else { panic!("fields are an object") };
    Event { fields, ..event }
}

fn stored(events: impl IntoIterator<Item = Event>) -> Vec<Processed> {
    events.into_iter().map(Processed::stored).collect()
}

async fn append(store: &dyn EventStore, events: impl IntoIterator<Item = Event>) -> Appended {
    store.append(Arc::new(Append::of(stored(events)))).await.unwrap()
}

fn partition(partition: u32) -> TopicPartition {
    TopicPartition::new(Topic::EVENTS, partition)
}

fn advance(number: u32, expected: Offset, next: Offset) -> Advance {
    let (group, expected) = (Group::PROCESSOR, Some(expected));
    Advance { group, partition: partition(number), topic_id: topic_id(), expected, next }
}

fn moving(
    events: impl IntoIterator<Item = Event>,
    advances: impl Into<Vec<Advance>>,
) -> Arc<Append<Processed>> {
    Arc::new(Append { items: stored(events), advances: advances.into() })
}

async fn position(store: &dyn EventStore, number: u32) -> Option<Offset> {
    store.position(&Group::PROCESSOR, &partition(number), &topic_id()).await.unwrap().known()
}

/// Those for which the condition holds, of any time.
fn of(condition: Condition) -> EventQuery {
    EventQuery { filter: condition.into(), time: ALWAYS }
}

fn is(field: Field, value: &str) -> Condition {
    Condition::Field(field, Test::Equals(value.to_owned()))
}

fn other(path: &str) -> Field {
    Field::Other(path.to_owned())
}

/// All events that a query finds, page after page.
async fn found(store: &dyn EventStore, query: &EventQuery, order: Order, limit: usize) -> Vec<Event> {
    let (mut after, mut events) = (None, Vec::new());
    loop {
        let page = store.events(query, order, after, limit).await.unwrap();
        assert!(page.events.len() <= limit, "{} events, asked for {limit}", page.events.len());
        events.extend(page.events);
        let Some(next) = page.next else { return events };
        let is_further = after.is_none_or(|after| match order {
            Order::NewestFirst => next < after,
            Order::OldestFirst => after < next,
        });
        assert!(is_further, "the same page comes again");
        after = Some(next);
    }
}

/// All events, oldest first.
async fn everything(store: &dyn EventStore) -> Vec<Event> {
    found(store, &of(Condition::default()), Order::OldestFirst, 1_000).await
}

async fn messages(store: &dyn EventStore, condition: Condition) -> Vec<String> {
    let events = found(store, &of(condition), Order::OldestFirst, 1_000).await;
    events.into_iter().map(|event| event.message).collect()
}

fn in_order(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(EventKey::of);
    events
}
