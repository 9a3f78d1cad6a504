//! Pruning.

use super::{append, everything};
use crate::Fixture;
use crate::samples::{after, sample, series};
use std::sync::Arc;
use watchkeeper_domain::SeriesFilter;
use watchkeeper_ports::{Page, SampleStore};

pub async fn pruning_removes_what_is_older_and_nothing_else<F: Fixture<dyn SampleStore>>() {
    // A day apart, so that a store that drops only whole days passes too.
    const DAY: u64 = 86_400;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (one, other) = (series("one", &[]), series("other", &[]));
    let midnight = DAY - 10 * 3_600;
    let samples = |first: u64, last: u64| {
        (first..last).flat_map(|day| {
            [sample(&one, midnight + day * DAY, 1.0), sample(&other, midnight + day * DAY, 2.0)]
        })
    };
    append(&*store, samples(0, 10).collect::<Vec<_>>()).await;
    assert_eq!(store.prune(after(midnight)).await.unwrap(), 0);
    assert_eq!(store.prune(after(midnight + 4 * DAY)).await.unwrap(), 8);
    let mut kept: Vec<_> = samples(4, 10).collect();
    kept.sort_by(|a, b| (b.collected_at, &a.series).cmp(&(a.collected_at, &b.series)));
    let mut found = everything(&*store).await;
    found.sort_by(|a, b| (b.collected_at, &a.series).cmp(&(a.collected_at, &b.series)));
    assert_eq!(found, kept);
    assert_eq!(store.prune(after(midnight + 4 * DAY)).await.unwrap(), 0);
}

pub async fn a_series_without_samples_is_gone_and_can_come_back<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    append(&*store, [sample(&load, 0, 1.0)]).await;
    store.prune(after(30 * 86_400)).await.unwrap();
    let series_left = async || store.series(&SeriesFilter::default(), &Page::first(10)).await.unwrap().series;
    assert_eq!(series_left().await, []);
    assert_eq!(everything(&*store).await, []);
    append(&*store, [sample(&load, 40 * 86_400, 2.0)]).await;
    assert_eq!(everything(&*store).await, [sample(&load, 40 * 86_400, 2.0)]);
    assert_eq!(series_left().await, [load]);
}

pub async fn a_store_in_use_can_be_checked<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.check().await.unwrap();
    append(&*store, [sample(&series("load", &[]), 0, 1.0)]).await;
    store.check().await.unwrap();
    assert_eq!(everything(&*store).await.len(), 1);
}

pub async fn appends_go_on_while_pruning<F: Fixture<dyn SampleStore>>() {
    const OLD: u64 = 25_000;
    const MUCH_LATER: u64 = 30 * 86_400;
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    append(&*store, (0..OLD).map(|second| sample(&load, second, 1.0)).collect::<Vec<_>>()).await;
    let pruning = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.prune(after(MUCH_LATER)).await.unwrap() }
    });
    for second in 0..50 {
        append(&*store, [sample(&load, MUCH_LATER + second, 1.0)]).await;
    }
    assert_eq!(pruning.await.unwrap(), OLD);
    assert_eq!(everything(&*store).await.len(), 50);
}
