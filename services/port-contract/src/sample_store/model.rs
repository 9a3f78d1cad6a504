//! A model of the store, compared over many random queries.

use super::append;
use crate::Fixture;
use crate::confusable::{confusable, filters};
use crate::paging::page_by_page;
use crate::samples::after;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{
    Aggregate, Point, RangeQuery, Rollup, RollupQuery, Sample, Series, SeriesFilter, SeriesPoints,
    SeriesRollups, Timestamp, Window,
};
use watchkeeper_ports::{Page, SampleStore};

/// The samples of most queries lie within this many seconds.
const SECONDS: u64 = 4 * 3_600;
const DAY: u64 = 86_400;

/// Every sample of every series.
#[derive(Default)]
struct Model(BTreeMap<Arc<Series>, BTreeMap<Timestamp, f64>>);

impl Model {
    fn append(&mut self, samples: &[Sample]) {
        for Sample { series, collected_at, value, .. } in samples {
            self.0.entry(Arc::clone(series)).or_default().entry(*collected_at).or_insert(*value);
        }
    }

    fn series(&self, filter: &SeriesFilter) -> Vec<Arc<Series>> {
        self.0.keys().filter(|series| filter.matches(series)).cloned().collect()
    }

    fn latest(&self, filter: &SeriesFilter) -> Vec<Sample> {
        self.series(filter).iter().filter_map(|series| self.of(series).pop()).collect()
    }

    fn newest(&self, filter: &SeriesFilter) -> Vec<Sample> {
        let mut all: Vec<_> = self.series(filter).iter().flat_map(|series| self.of(series)).collect();
        all.sort_by_key(|sample| Reverse(sample.collected_at));
        all
    }

    fn range(&self, query: &RangeQuery) -> Vec<SeriesPoints> {
        let point = |(at, values): (_, Vec<f64>)| Point { at, value: fold(query.aggregate(), &values) };
        let points = |series: Arc<Series>| {
            let windows = self.windows(&series, query.from()..query.to(), query.step());
            SeriesPoints { series, points: windows.into_iter().map(point).collect() }
        };
        let all = self.series(query.filter()).into_iter().map(points);
        all.filter(|series| !series.points.is_empty()).collect()
    }

    fn roll_up(&self, query: &RollupQuery) -> Vec<SeriesRollups> {
        let rollup = |(start, values): (_, Vec<f64>)| Rollup {
            start,
            avg: fold(Aggregate::Avg, &values),
            min: fold(Aggregate::Min, &values),
            max: fold(Aggregate::Max, &values),
            count: values.len() as u64,
            p95: fold(Aggregate::P95, &values),
        };
        let rollups = |series: Arc<Series>| {
            let windows = self.windows(&series, query.from()..query.to(), query.window().length());
            SeriesRollups { series, rollups: windows.into_iter().map(rollup).collect() }
        };
        let all = self.series(query.filter()).into_iter().map(rollups);
        all.filter(|series| !series.rollups.is_empty()).collect()
    }

    fn oldest(&self) -> Option<Timestamp> {
        self.0.values().flat_map(BTreeMap::keys).min().copied()
    }

    /// The values of a series within `range`, by window start.
    fn windows(
        &self,
        series: &Arc<Series>,
        range: Range<Timestamp>,
        length: Duration,
    ) -> BTreeMap<Timestamp, Vec<f64>> {
        let mut windows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, &value) in self.0[series].range(range) {
            windows.entry(at.window_start(length)).or_default().push(value);
        }
        windows
    }

    fn prune(&mut self, before: Timestamp) -> u64 {
        let mut removed = 0;
        for of_series in self.0.values_mut() {
            let kept = of_series.split_off(&before);
            removed += std::mem::replace(of_series, kept).len() as u64;
        }
        self.0.retain(|_, of_series| !of_series.is_empty());
        removed
    }

    fn of(&self, series: &Arc<Series>) -> Vec<Sample> {
        let sample = |(&collected_at, &value)| Sample::new(Arc::clone(series), collected_at, value);
        self.0[series].iter().map(sample).collect()
    }
}

/// The aggregate of values in order of time, by definition.
fn fold(aggregate: Aggregate, values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = f64::from(u32::try_from(values.len()).unwrap());
    match aggregate {
        Aggregate::Avg => values.iter().sum::<f64>() / count,
        Aggregate::Min => sorted[0],
        Aggregate::Max => sorted[sorted.len() - 1],
        Aggregate::Sum => values.iter().sum(),
        Aggregate::Count => count,
        Aggregate::Last => values[values.len() - 1],
        Aggregate::P95 => {
            let not_above = |limit: f64| values.iter().filter(|value| **value <= limit).count();
            sorted.iter().copied().find(|limit| not_above(*limit) * 100 >= values.len() * 95).unwrap()
        }
    }
}

/// Samples at random instants within this many seconds, some of them duplicated.
async fn fill(store: &dyn SampleStore, seconds: u64) -> Model {
    let (mut random, all, mut model) = (StdRng::seed_from_u64(1), confusable(), Model::default());
    for _ in 0..4 {
        let any = |_| {
            let series = Arc::clone(&all[random.random_range(0..all.len())]);
            let collected_at = after(random.random_range(0..seconds));
            // Quarters, so that a sum is exact in any order of addition.
            Sample::new(series, collected_at, f64::from(random.random_range(-4_000..4_000)) / 4.0)
        };
        let samples: Vec<_> = (0..2_000).map(any).collect();
        append(store, samples.clone()).await;
        model.append(&samples);
    }
    model
}

pub async fn series_of_any_filter_are_what_a_model_says<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let model = fill(&*store, SECONDS).await;
    for (seed, filter) in filters() {
        let (mut page, mut found) = (Page::first(7), Vec::new());
        loop {
            let series = store.series(&filter, &page).await.unwrap();
            found.extend(series.series);
            page.after = found.last().map(|last: &Arc<Series>| last.key().to_owned());
            if !series.more {
                break;
            }
        }
        assert_eq!(found, model.series(&filter), "seed {seed}: {filter:?}");
    }
}

pub async fn latest_and_newest_of_any_filter_are_what_a_model_says<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let model = fill(&*store, SECONDS).await;
    // The order of samples at one instant is not promised.
    let instants = |samples: &[Sample]| samples.iter().map(|sample| sample.collected_at).collect::<Vec<_>>();
    for (seed, filter) in filters() {
        let latest = store.latest(&filter, &Page::first(1_000), Timestamp::MAX).await.unwrap();
        assert_eq!(latest, model.latest(&filter), "seed {seed}: {filter:?}");
        let all = model.newest(&filter);
        for limit in [1, 10, 1_000] {
            let newest = store.newest(&filter, limit, Timestamp::MAX).await.unwrap();
            let expected = instants(&all[..limit.min(all.len())]);
            assert_eq!(instants(&newest), expected, "seed {seed}, {limit}: {filter:?}");
            assert!(newest.iter().all(|sample| filter.matches(&sample.series)), "seed {seed}: {filter:?}");
        }
    }
}

pub async fn every_aggregate_is_what_its_definition_says<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let model = fill(&*store, SECONDS).await;
    for (seed, filter) in filters().take(10) {
        let mut random = StdRng::seed_from_u64(seed);
        let from = after(random.random_range(0..SECONDS / 2)).plus(Duration::from_micros(1));
        let to = from.plus(Duration::from_secs(random.random_range(1..SECONDS / 2)));
        let step = Duration::from_secs([1, 7, 60, 3_600, 86_400][random.random_range(0..5)]);
        for aggregate in Aggregate::ALL {
            let query = RangeQuery::new(filter.clone(), from, to, step, aggregate).unwrap();
            assert_eq!(
                store.range(&query, 1_000).await.unwrap(),
                model.range(&query),
                "seed {seed}: {query:?}"
            );
        }
    }
}

pub async fn rollups_of_any_filter_are_what_a_model_says<F: Fixture<dyn SampleStore>>() {
    const DAYS: u64 = 3 * DAY;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let model = fill(&*store, DAYS).await;
    for (seed, filter) in filters() {
        let mut random = StdRng::seed_from_u64(seed);
        let from = after(random.random_range(0..DAYS));
        let to = from.plus(Duration::from_secs(random.random_range(1..DAYS)));
        for window in Window::ALL {
            let query = RollupQuery::new(filter.clone(), window, from, to).unwrap();
            let found =
                page_by_page(async |page| store.roll_up(&query, page).await.unwrap(), |found| &found.series)
                    .await;
            assert_eq!(found, model.roll_up(&query), "seed {seed}: {query:?}");
        }
    }
}

pub async fn pruning_leaves_what_a_model_says<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut model = fill(&*store, SECONDS).await;
    // Days later, so that a store that drops only whole days passes too.
    let later: Vec<_> =
        confusable().into_iter().step_by(3).map(|series| Sample::new(series, after(5 * DAY), 1.0)).collect();
    append(&*store, later.clone()).await;
    model.append(&later);
    let all = SeriesFilter::default();
    for before in [2 * DAY, 10 * DAY] {
        assert_eq!(store.prune(after(before)).await.unwrap(), model.prune(after(before)));
        assert_eq!(store.oldest().await.unwrap(), model.oldest());
        assert_eq!(store.series(&all, &Page::first(1_000)).await.unwrap().series, model.series(&all));
        assert_eq!(
            store.latest(&all, &Page::first(1_000), Timestamp::MAX).await.unwrap(),
            model.latest(&all)
        );
    }
    // Other series come back first, so that a stale cached id would be another's.
    for sample in later.into_iter().rev() {
        append(&*store, [sample.clone()]).await;
        model.append(&[sample]);
    }
    assert_eq!(store.latest(&all, &Page::first(1_000), Timestamp::MAX).await.unwrap(), model.latest(&all));
}
