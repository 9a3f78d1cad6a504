//! Computing rollups, and finding where to begin.

use super::append;
use crate::Fixture;
use crate::samples::{after, sample, series};
use std::sync::Arc;
use watchkeeper_domain::{Rollup, RollupQuery, Sample, SeriesFilter, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::{Page, SampleStore};

const HOUR: u64 = 3_600;

/// The hours from one instant to another, in seconds after 10 o'clock.
fn hours(from: u64, to: u64) -> RollupQuery {
    RollupQuery::new(SeriesFilter::default(), Window::Hour, after(from), after(to)).unwrap()
}

async fn counts(store: &dyn SampleStore, query: &RollupQuery) -> Vec<(Timestamp, u64)> {
    let found = store.roll_up(query, &Page::first(1)).await.unwrap();
    found.iter().flat_map(|found| &found.rollups).map(|rollup| (rollup.start, rollup.count)).collect()
}

pub async fn a_rollup_has_the_five_numbers_of_its_window<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let hundred = (1..=100_u32).rev().map(|value| sample(&load, u64::from(value), f64::from(value)));
    let mut samples: Vec<_> = hundred.collect();
    samples.push(sample(&load, 2 * HOUR, -7.0));
    append(&*store, samples).await;
    let first = Rollup { start: after(0), avg: 50.5, min: 1.0, max: 100.0, count: 100, p95: 95.0 };
    let alone = Rollup { start: after(2 * HOUR), avg: -7.0, min: -7.0, max: -7.0, count: 1, p95: -7.0 };
    let expected = [SeriesRollups { series: load, rollups: vec![first, alone] }];
    assert_eq!(store.roll_up(&hours(0, 3 * HOUR), &Page::first(10)).await.unwrap(), expected);
}

pub async fn only_whole_windows_are_rolled_up<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let seconds = [HOUR - 1, HOUR, 2 * HOUR - 1, 2 * HOUR, 3 * HOUR - 1, 3 * HOUR];
    append(&*store, seconds.map(|second| sample(&load, second, 1.0))).await;
    let two = [(after(HOUR), 2), (after(2 * HOUR), 2)];
    assert_eq!(counts(&*store, &hours(HOUR, 3 * HOUR)).await, two);
    assert_eq!(counts(&*store, &hours(1, 4 * HOUR - 1)).await, two);
    assert_eq!(counts(&*store, &hours(HOUR + 1, 2 * HOUR)).await, []);
}

pub async fn a_roll_up_leaves_out_series_without_samples_in_it<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let [early, one, late, other] = ["a", "b", "c", "d"].map(|name| series(name, &[]));
    let within = [sample(&one, HOUR, 1.0), sample(&other, HOUR, 1.0)];
    append(&*store, [sample(&early, HOUR - 1, 1.0), sample(&late, 2 * HOUR, 1.0)]).await;
    append(&*store, within).await;
    let page = async |page: &Page| {
        let found = store.roll_up(&hours(HOUR, 2 * HOUR), page).await.unwrap();
        found.into_iter().map(|found| found.series).collect::<Vec<_>>()
    };
    assert_eq!(page(&Page::first(1)).await, [Arc::clone(&one)], "they do not count either");
    let next = Page { after: Some(one.key().to_owned()), limit: 1 };
    assert_eq!(page(&next).await, [Arc::clone(&other)]);
    assert_eq!(page(&Page::first(10)).await, [one, other]);
    assert_eq!(page(&Page::first(0)).await, []);
}

pub async fn oldest_is_of_any_series<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(store.oldest().await.unwrap(), None);
    for (name, second) in [("b", 9), ("c", 3), ("a", 5)] {
        append(&*store, [sample(&series(name, &[]), second, 1.0), sample(&series(name, &[]), 10, 1.0)]).await;
    }
    assert_eq!(store.oldest().await.unwrap(), Some(after(3)));
    let earliest = Sample { collected_at: Timestamp::MIN, ..sample(&series("b", &[]), 0, 1.0) };
    append(&*store, [earliest]).await;
    assert_eq!(store.oldest().await.unwrap(), Some(Timestamp::MIN));
}
