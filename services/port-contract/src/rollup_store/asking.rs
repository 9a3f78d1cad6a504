//! Queries.

use super::{of, put, query, rollup, start};
use crate::Fixture;
use crate::confusable::{confusable, filters};
use crate::paging::page_by_page;
use crate::samples::series;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Rollup, RollupQuery, Series, SeriesFilter, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::{Page, RollupStore};

/// The rollups lie within this many windows.
const WINDOWS: u32 = 40;

/// Every rollup of every series, window by window.
#[derive(Default)]
struct Model(BTreeMap<(Window, Arc<Series>), BTreeMap<Timestamp, Rollup>>);

impl Model {
    fn put(&mut self, window: Window, of_series: &SeriesRollups) {
        let kept = self.0.entry((window, Arc::clone(&of_series.series))).or_default();
        kept.extend(of_series.rollups.iter().map(|rollup| (rollup.start, *rollup)));
    }

    fn rollups(&self, query: &RollupQuery) -> Vec<SeriesRollups> {
        let meant = self
            .0
            .iter()
            .filter(|((window, series), _)| *window == query.window() && query.filter().matches(series));
        let within = meant.map(|((_, series), rollups)| {
            of(series, rollups.range(query.from()..query.to()).map(|(_, rollup)| *rollup).collect::<Vec<_>>())
        });
        within.filter(|found| !found.rollups.is_empty()).collect()
    }
}

/// Rollups of random windows, some of them put again with other values.
async fn fill(store: &dyn RollupStore) -> Model {
    let (mut random, all, mut model) = (StdRng::seed_from_u64(1), confusable(), Model::default());
    for window in Window::ALL.repeat(20) {
        let mut some: BTreeMap<Arc<Series>, BTreeMap<u32, Rollup>> = BTreeMap::new();
        for _ in 0..100 {
            let series = Arc::clone(&all[random.random_range(0..all.len())]);
            let (number, value) = (random.random_range(0..WINDOWS), f64::from(random.random_range(0..1_000)));
            some.entry(series).or_default().insert(number, rollup(window, number, value));
        }
        // Against the order of their keys, which is not required.
        let some = some.into_iter().rev();
        let some: Vec<_> =
            some.map(|(series, rollups)| of(&series, rollups.into_values().collect::<Vec<_>>())).collect();
        store.put(window, &some).await.unwrap();
        for of_series in &some {
            model.put(window, of_series);
        }
    }
    model
}

pub async fn rollups_of_any_filter_are_what_a_model_says<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let model = fill(&*store).await;
    for (seed, filter) in filters() {
        let mut random = StdRng::seed_from_u64(seed);
        for window in Window::ALL {
            let from = random.random_range(0..WINDOWS);
            let query = query(&filter, window, from, random.random_range(from + 1..=WINDOWS));
            let found =
                page_by_page(async |page| store.rollups(&query, page).await.unwrap(), |found| &found.series)
                    .await;
            assert_eq!(found, model.rollups(&query), "seed {seed}: {query:?}");
        }
    }
}

pub async fn only_whole_windows_are_given<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    for hour in 0..6 {
        put(&*store, &load, Window::Hour, hour, 1.0).await;
    }
    let starts = async |from: Timestamp, to: Timestamp| -> Vec<Timestamp> {
        let query = RollupQuery::new(SeriesFilter::default(), Window::Hour, from, to).unwrap();
        let found = store.rollups(&query, &Page::first(1)).await.unwrap();
        found.iter().flat_map(|found| &found.rollups).map(|rollup| rollup.start).collect()
    };
    let (hour, second) = (|number| start(Window::Hour, number), Duration::from_secs(1));
    assert_eq!(starts(hour(1), hour(3)).await, [hour(1), hour(2)], "the first, and not the last");
    assert_eq!(starts(hour(0).plus(second), hour(4).minus(second)).await, [hour(1), hour(2)]);
    assert_eq!(starts(hour(1).plus(second), hour(2)).await, []);
}

pub async fn a_series_without_rollups_in_the_windows_takes_no_place_on_a_page<F: Fixture<dyn RollupStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let [early, one, daily, late, other] = ["a", "b", "c", "d", "e"].map(|name| series(name, &[]));
    for (series, hour) in [(&early, 4), (&one, 5), (&late, 6), (&other, 5)] {
        put(&*store, series, Window::Hour, hour, 1.0).await;
    }
    put(&*store, &daily, Window::Day, 0, 1.0).await;
    let page = async |page: &Page| {
        let query = query(&SeriesFilter::default(), Window::Hour, 5, 6);
        let found = store.rollups(&query, page).await.unwrap();
        found.into_iter().map(|found| found.series).collect::<Vec<_>>()
    };
    assert_eq!(page(&Page::first(1)).await, [Arc::clone(&one)]);
    let next = Page { after: Some(one.key().to_owned()), limit: 1 };
    assert_eq!(page(&next).await, [Arc::clone(&other)]);
    assert_eq!(page(&Page::first(10)).await, [one, other]);
    assert_eq!(page(&Page::first(0)).await, []);
}
