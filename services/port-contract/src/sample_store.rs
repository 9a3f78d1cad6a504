//! What every [`SampleStore`] promises.

mod appending;
mod asking;
mod deleting;
mod many_series;
mod model;
mod noting;
mod pruning;
mod rolling_up;
mod walking;

pub use appending::*;
pub use asking::*;
pub use deleting::*;
pub use many_series::*;
pub use model::*;
pub use noting::*;
pub use pruning::*;
pub use rolling_up::*;
pub use walking::*;

use crate::suite;
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::{Append, Appended, SampleStore};

suite!(($) sample_store_contract, sample_store, [
    append_same_batch_twice_keeps_one,
    of_two_values_at_one_instant_the_first_stays,
    a_batch_that_holds_a_sample_twice_keeps_one,
    samples_and_positions_move_together,
    a_zombies_append_fails_and_stores_nothing,
    one_moved_position_holds_all_back,
    groups_and_partitions_have_positions_of_their_own,
    a_topic_created_anew_is_stored_from_its_beginning,
    an_append_without_samples_moves_the_position,
    everything_survives_reopening,
    appends_at_the_same_time_lose_nothing,
    one_position_is_moved_by_one_of_many,
    values_times_and_labels_come_back_exactly,
    a_large_batch_is_stored_whole,
    a_note_comes_back_with_its_sample_from_every_query,
    of_two_samples_at_one_instant_the_note_of_the_first_stays,
    a_note_is_pruned_with_its_sample,
    series_are_counted,
    as_many_series_are_stored_as_may_be_and_the_others_are_named,
    a_batch_without_room_stores_nothing_and_moves_no_position,
    samples_of_known_series_are_stored_where_there_is_no_room_for_others,
    pruning_makes_room_for_others,
    questions_about_more_series_than_the_limit_are_refused,
    series_are_paged_by_key_and_say_whether_there_are_more,
    a_filter_gives_the_series_that_match,
    latest_is_the_newest_of_each_series_by_key,
    what_is_later_than_asked_for_is_not_the_newest,
    newest_is_newest_first_over_all_series,
    a_range_is_what_a_simple_model_says,
    a_range_takes_its_first_instant_and_not_its_last,
    a_range_is_cut_at_the_series_asked_for,
    a_range_leaves_out_series_without_samples_in_it,
    series_of_any_filter_are_what_a_model_says,
    latest_and_newest_of_any_filter_are_what_a_model_says,
    every_aggregate_is_what_its_definition_says,
    a_rollup_has_the_five_numbers_of_its_window,
    only_whole_windows_are_rolled_up,
    a_roll_up_leaves_out_series_without_samples_in_it,
    rollups_of_any_filter_are_what_a_model_says,
    oldest_is_of_any_series,
    a_walk_meets_every_sample_once_and_in_order_whatever_the_page,
    a_page_of_samples_is_what_a_simple_model_says,
    samples_are_taken_from_the_first_instant_and_not_from_the_last,
    an_empty_range_has_no_samples,
    a_walk_is_not_disturbed_by_what_is_appended_behind_it,
    pruning_removes_what_is_older_and_nothing_else,
    a_series_without_samples_is_gone_and_can_come_back,
    pruning_leaves_what_a_model_says,
    appends_go_on_while_pruning,
    a_deleted_series_is_gone_with_all_its_samples_and_no_other_is_touched,
    more_series_than_a_step_takes_are_deleted_and_those_of_another_name_stay,
    a_deleted_series_can_come_back,
    a_store_in_use_can_be_checked,
]);

fn batch(samples: impl Into<Vec<Sample>>) -> Arc<Append<Sample>> {
    Arc::new(Append::of(samples.into()))
}

async fn append(store: &dyn SampleStore, samples: impl Into<Vec<Sample>>) -> Appended {
    store.append(batch(samples)).await.unwrap()
}

/// All samples, newest first.
async fn everything(store: &dyn SampleStore) -> Vec<Sample> {
    store.newest(&SeriesFilter::default(), 1_000_000, Timestamp::MAX).await.unwrap()
}

fn labelled(label: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(label.to_owned(), value.to_owned())])
}
