//! Pruning.

use super::{all, of, put, rollup, start};
use crate::Fixture;
use crate::samples::series;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Rollup, Window};
use watchkeeper_ports::RollupStore;

fn rollups(window: Window, first: u32, last: u32) -> Vec<Rollup> {
    (first..last).map(|number| rollup(window, number, 1.0)).collect()
}

pub async fn pruning_removes_what_starts_earlier_and_nothing_else<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (one, other) = (series("one", &[]), series("other", &[]));
    for window in Window::ALL {
        let some = [of(&one, rollups(window, 0, 72)), of(&other, rollups(window, 50, 60))];
        store.put(window, &some).await.unwrap();
    }
    let days = all(&*store, Window::Day).await;
    let (hour, second) = (|number| start(Window::Hour, number), Duration::from_secs(1));
    assert_eq!(store.prune(Window::Hour, hour(0)).await.unwrap(), 0);
    assert_eq!(store.prune(Window::Hour, hour(52)).await.unwrap(), 54);
    assert_eq!(store.prune(Window::Hour, hour(52)).await.unwrap(), 0);
    let kept = [of(&one, rollups(Window::Hour, 52, 72)), of(&other, rollups(Window::Hour, 52, 60))];
    assert_eq!(all(&*store, Window::Hour).await, kept);
    assert_eq!(store.prune(Window::Hour, hour(60).plus(second)).await.unwrap(), 17, "one has begun earlier");
    assert_eq!(all(&*store, Window::Hour).await, [of(&one, rollups(Window::Hour, 61, 72))]);
    assert_eq!(all(&*store, Window::Day).await, days);
}

pub async fn a_series_without_rollups_can_come_back<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let [one, daily, other] = ["a", "b", "c"].map(|name| series(name, &[]));
    for series in [&one, &daily, &other] {
        put(&*store, series, Window::Hour, 0, 1.0).await;
    }
    put(&*store, &daily, Window::Day, 0, 1.0).await;
    assert_eq!(store.prune(Window::Hour, start(Window::Hour, 1)).await.unwrap(), 3);
    assert_eq!(all(&*store, Window::Hour).await, []);
    // In another order, so that a stale cached id would be another's.
    for (number, series) in (2..).zip([&other, &daily, &one]) {
        put(&*store, series, Window::Hour, number, 2.0).await;
    }
    let again = [(&one, 4), (&daily, 3), (&other, 2)]
        .map(|(series, number)| of(series, [rollup(Window::Hour, number, 2.0)]));
    assert_eq!(all(&*store, Window::Hour).await, again);
    assert_eq!(all(&*store, Window::Day).await, [of(&daily, [rollup(Window::Day, 0, 1.0)])]);
}

pub async fn puts_go_on_while_pruning<F: Fixture<dyn RollupStore>>() {
    const OLD: u32 = 7_000;
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    for name in ["a", "b", "c"] {
        store.put(Window::Hour, &[of(&series(name, &[]), rollups(Window::Hour, 0, OLD))]).await.unwrap();
    }
    let pruning = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.prune(Window::Hour, start(Window::Hour, OLD)).await.unwrap() }
    });
    for number in OLD..OLD + 50 {
        put(&*store, &load, Window::Hour, number, 1.0).await;
    }
    assert_eq!(pruning.await.unwrap(), u64::from(3 * OLD));
    assert_eq!(all(&*store, Window::Hour).await, [of(&load, rollups(Window::Hour, OLD, OLD + 50))]);
}

pub async fn a_store_in_use_can_be_checked<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    store.check().await.unwrap();
    put(&*store, &load, Window::Hour, 0, 1.0).await;
    store.check().await.unwrap();
    assert_eq!(all(&*store, Window::Hour).await, [of(&load, [rollup(Window::Hour, 0, 1.0)])]);
}
