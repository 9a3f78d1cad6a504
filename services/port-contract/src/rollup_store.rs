//! What every [`RollupStore`] promises.

mod asking;
mod deleting;
mod passes;
mod pruning;
mod putting;

pub use asking::*;
pub use deleting::*;
pub use passes::*;
pub use pruning::*;
pub use putting::*;

use crate::samples::noon;
use crate::suite;
use std::sync::Arc;
use watchkeeper_domain::{Rollup, RollupQuery, Series, SeriesFilter, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::{Page, RollupStore};

suite!(($) rollup_store_contract, rollup_store, [
    an_empty_store_has_nothing,
    put_same_rollups_twice_keeps_one,
    a_rollup_is_put_in_the_place_of_the_one_that_was_there,
    a_rollup_of_fewer_samples_takes_nobodys_place,
    windows_of_one_start_are_kept_apart,
    rollups_put_later_come_in_order_of_time,
    rollups_survive_reopening,
    numbers_and_labels_come_back_exactly,
    a_large_put_is_stored_whole,
    puts_at_the_same_time_lose_nothing,
    rollups_of_any_filter_are_what_a_model_says,
    only_whole_windows_are_given,
    a_series_without_rollups_in_the_windows_takes_no_place_on_a_page,
    a_pass_that_made_nothing_has_come_nowhere,
    how_far_a_pass_has_come_is_kept_and_replaced,
    how_far_a_pass_has_come_moves_from_where_it_is_expected_and_from_nowhere_else,
    passes_are_kept_apart,
    how_far_a_pass_has_come_survives_reopening,
    pruning_removes_what_starts_earlier_and_nothing_else,
    a_series_without_rollups_can_come_back,
    puts_go_on_while_pruning,
    a_deleted_series_is_gone_with_its_rollups_of_all_windows_and_can_come_back,
    more_rollups_than_a_step_takes_are_deleted,
    a_store_in_use_can_be_checked,
]);

/// The start of the window with this number, counted from the midnight before [`noon`].
fn start(window: Window, number: u32) -> Timestamp {
    Window::Day.start(noon()).plus(window.length() * number)
}

/// A rollup whose numbers all differ.
fn rollup(window: Window, number: u32, value: f64) -> Rollup {
    let start = start(window, number);
    Rollup { start, avg: value, min: value - 1.0, max: value + 1.0, count: 3, p95: value + 0.5 }
}

fn of(series: &Arc<Series>, rollups: impl Into<Vec<Rollup>>) -> SeriesRollups {
    SeriesRollups { series: Arc::clone(series), rollups: rollups.into() }
}

async fn put(store: &dyn RollupStore, series: &Arc<Series>, window: Window, number: u32, value: f64) {
    store.put(window, &[of(series, [rollup(window, number, value)])]).await.unwrap();
}

/// A query for the windows from one number to another.
fn query(filter: &SeriesFilter, window: Window, from: u32, to: u32) -> RollupQuery {
    RollupQuery::new(filter.clone(), window, start(window, from), start(window, to)).unwrap()
}

/// All rollups of a window length that these tests put.
async fn all(store: &dyn RollupStore, window: Window) -> Vec<SeriesRollups> {
    let query = query(&SeriesFilter::default(), window, 0, 8_000);
    store.rollups(&query, &Page::first(1_000_000)).await.unwrap()
}
