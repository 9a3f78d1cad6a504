//! What every [`AlertStore`] promises.

mod alerting;
mod epochs;
mod model;
mod past;
mod positions;
mod remembering;

pub use alerting::*;
pub use epochs::*;
pub use model::*;
pub use past::*;
pub use positions::*;
pub use remembering::*;

use crate::samples::{after, topic_id};
use crate::suite;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Series, Severity};
use watchkeeper_ports::{
    Advance, AlertKey, AlertStore, Evaluation, Group, Memory, Offset, Page, PortError, Topic, TopicPartition,
};

suite!(($) alert_store_contract, alert_store, [
    an_empty_store_has_nothing,
    findings_and_positions_move_together,
    a_zombies_evaluation_fails_and_stores_nothing,
    one_moved_position_holds_all_findings_back,
    groups_and_partitions_have_positions_of_their_own,
    a_topic_created_anew_is_evaluated_from_its_beginning,
    an_evaluation_without_findings_moves_the_position,
    one_position_is_moved_by_one_of_many,
    a_position_that_was_never_moved_is_where_nothing_or_zero_is_expected,
    each_takeover_of_a_partition_begins_a_later_epoch,
    an_evaluation_of_an_earlier_epoch_is_fenced_and_stores_nothing,
    one_ended_epoch_holds_all_findings_back,
    epochs_survive_reopening_and_are_no_positions,
    takeovers_at_the_same_time_begin_different_epochs,
    an_evaluation_survives_reopening,
    a_memory_takes_the_place_of_the_one_before,
    an_empty_memory_is_none,
    partitions_keep_their_memories_apart,
    memories_are_paged_by_key,
    what_was_remembered_last_is_found_in_whichever_partition,
    a_large_evaluation_is_stored_whole,
    evaluations_at_the_same_time_lose_nothing,
    an_alert_takes_the_place_of_the_one_of_its_rule_and_series,
    alerts_are_paged_by_rule_and_series,
    alerts_come_back_exactly,
    an_alert_stays_acknowledged_until_it_fires_anew,
    only_what_fires_since_then_is_acknowledged,
    an_alert_is_removed_only_if_it_cleared_at_that_instant,
    an_acknowledgement_is_taken_back,
    what_is_pending_is_found_in_whichever_partition,
    what_cleared_is_kept_each_time_that_it_fired,
    what_cleared_and_fires_again_at_once_is_kept,
    the_past_keeps_who_acknowledged,
    the_past_is_paged_from_the_last_to_clear,
    pruning_removes_from_the_past_what_is_old_or_too_many,
    after_any_evaluations_the_store_is_what_a_model_says,
    a_store_in_use_can_be_checked,
]);

const ALL: usize = 1_000_000;

fn partition(partition: u32) -> TopicPartition {
    TopicPartition::new(Topic::METRICS, partition)
}

fn advance(number: u32, expected: Offset, next: Offset) -> Advance {
    let (group, expected) = (Group::NOTIFIER, Some(expected));
    Advance { group, partition: partition(number), topic_id: topic_id(), expected, next }
}

fn remembered(number: u32, series_key: &str, state: &str) -> (TopicPartition, Memory) {
    (partition(number), memory(series_key, state))
}

fn memory(series_key: &str, state: &str) -> Memory {
    Memory { series_key: series_key.to_owned(), state: state.as_bytes().to_vec().into(), pending: false }
}

fn firing(rule: &str, series: &Arc<Series>, fired_at: u64) -> Alert {
    Alert {
        rule: rule.to_owned(),
        series: Arc::clone(series),
        severity: Severity::Critical,
        fired_at: after(fired_at),
        cleared_at: None,
        value: Some(0.5),
        reason: "is 0.5, below 1".into(),
        acknowledged: None,
    }
}

fn cleared(alert: &Alert, cleared_at: u64) -> Alert {
    Alert { cleared_at: Some(after(cleared_at)), value: None, reason: "is back".into(), ..alert.clone() }
}

async fn try_store(store: &dyn AlertStore, evaluation: Evaluation) -> Result<(), PortError> {
    store.store(Arc::new(evaluation)).await
}

async fn remember(store: &dyn AlertStore, memories: impl Into<Vec<(TopicPartition, Memory)>>) {
    let memories = memories.into();
    try_store(store, Evaluation { memories, ..Evaluation::default() }).await.unwrap();
}

async fn alert(store: &dyn AlertStore, alerts: impl Into<Vec<Alert>>) {
    let alerts = alerts.into();
    try_store(store, Evaluation { alerts, ..Evaluation::default() }).await.unwrap();
}

async fn position(store: &dyn AlertStore, number: u32) -> Option<Offset> {
    store.position(&Group::NOTIFIER, &partition(number), &topic_id()).await.unwrap().known()
}

async fn memories(store: &dyn AlertStore, number: u32) -> Vec<Memory> {
    store.memories(&partition(number), &Page::first(ALL)).await.unwrap()
}

async fn alerts(store: &dyn AlertStore) -> Vec<Alert> {
    store.alerts(None, ALL).await.unwrap()
}

fn sorted(mut alerts: Vec<Alert>) -> Vec<Alert> {
    alerts.sort_by_key(AlertKey::of);
    alerts
}
