//! Deleting series.

use super::{all, of, put, rollup};
use crate::Fixture;
use crate::deleting::{delete_all, deleted};
use crate::samples::series;
use std::collections::BTreeMap;
use watchkeeper_domain::{SeriesFilter, Window};
use watchkeeper_ports::RollupStore;

pub async fn a_deleted_series_is_gone_with_its_rollups_of_all_windows_and_can_come_back<
    F: Fixture<dyn RollupStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (one, other) = (series("load", &[("host", "a")]), series("load", &[("host", "b")]));
    for number in 0..3 {
        put(&*store, &one, Window::Hour, number, 1.0).await;
    }
    for series in [&one, &other] {
        put(&*store, series, Window::Day, 0, 1.0).await;
    }
    let labels = BTreeMap::from([("host".to_owned(), "a".to_owned())]);
    let of_a = SeriesFilter { labels, ..SeriesFilter::default() };
    assert_eq!(delete_all(&*store, &of_a).await, deleted(1, 4));
    assert_eq!(all(&*store, Window::Hour).await, []);
    assert_eq!(all(&*store, Window::Day).await, [of(&other, [rollup(Window::Day, 0, 1.0)])]);
    assert_eq!(delete_all(&*store, &of_a).await, deleted(0, 0));
    put(&*store, &one, Window::Hour, 7, 2.0).await;
    assert_eq!(all(&*store, Window::Hour).await, [of(&one, [rollup(Window::Hour, 7, 2.0)])]);
}

pub async fn more_rollups_than_a_step_takes_are_deleted<F: Fixture<dyn RollupStore>>() {
    /// More than the stores delete in one step on engines.
    const HOURS: u32 = 1_100;
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let rollups: Vec<_> = (0..HOURS).map(|number| rollup(Window::Hour, number, 1.0)).collect();
    store.put(Window::Hour, &[of(&load, rollups)]).await.unwrap();
    put(&*store, &series("other", &[]), Window::Hour, 0, 1.0).await;
    assert_eq!(delete_all(&*store, &SeriesFilter::only(&load)).await, deleted(1, HOURS as usize));
    assert_eq!(all(&*store, Window::Hour).await.len(), 1);
}
