//! Queries.

use super::{append, labelled};
use crate::Fixture;
use crate::paging::page_by_page;
use crate::samples::{after, sample, series};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{
    Accumulator, Aggregate, Point, RangeQuery, Sample, Series, SeriesFilter, SeriesPoints, Timestamp,
};
use watchkeeper_ports::{Page, SampleStore};

/// Twelve series: three names, two hosts, two disks; named so that key order is not the order of arrival.
async fn twelve_series(store: &dyn SampleStore) -> Vec<Arc<Series>> {
    let mut all = Vec::new();
    for name in ["write", "read", "free"] {
        for (host, disk) in [("b", "0"), ("a", "1"), ("b", "1"), ("a", "0")] {
            all.push(series(name, &[("host", host), ("disk", disk)]));
        }
    }
    append(store, all.iter().map(|series| sample(series, 0, 1.0)).collect::<Vec<_>>()).await;
    all.sort_unstable();
    all
}

pub async fn series_are_paged_by_key_and_say_whether_there_are_more<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let all = twelve_series(&*store).await;
    for limit in [1, 5, 12, 100] {
        let (mut page, mut seen) = (Page::first(limit), Vec::new());
        loop {
            let found = store.series(&SeriesFilter::default(), &page).await.unwrap();
            seen.extend(found.series);
            assert_eq!(found.more, seen.len() < all.len(), "limit {limit}");
            if !found.more {
                break;
            }
            page.after = seen.last().map(|last| last.key().to_owned());
        }
        assert_eq!(seen, all, "limit {limit}");
    }
}

pub async fn a_filter_gives_the_series_that_match<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let all = twelve_series(&*store).await;
    let both = BTreeMap::from([("host".into(), "a".into()), ("disk".into(), "1".into())]);
    let filters = [
        SeriesFilter::default(),
        SeriesFilter { source: Some("test".into()), ..SeriesFilter::default() },
        SeriesFilter { source: Some("other".into()), ..SeriesFilter::default() },
        SeriesFilter { name: Some("read".into()), ..SeriesFilter::default() },
        SeriesFilter::named("test", "read"),
        SeriesFilter { labels: labelled("host", "a"), ..SeriesFilter::default() },
        SeriesFilter { labels: labelled("host", "a"), ..SeriesFilter::named("test", "read") },
        SeriesFilter { labels: labelled("host", "c"), ..SeriesFilter::default() },
        SeriesFilter { labels: labelled("rack", ""), ..SeriesFilter::default() },
        SeriesFilter { labels: both, ..SeriesFilter::default() },
    ];
    for filter in filters {
        let matching: Vec<_> = all.iter().filter(|series| filter.matches(series)).cloned().collect();
        let found = store.series(&filter, &Page::first(100)).await.unwrap();
        assert_eq!(found.series, matching, "{filter:?}");
        let paged = store.series(&filter, &Page::first(1)).await.unwrap();
        assert_eq!(
            (paged.series.len(), paged.more),
            (matching.len().min(1), matching.len() > 1),
            "{filter:?}"
        );
        let latest = store.latest(&filter, &Page::first(100), Timestamp::MAX).await.unwrap();
        assert_eq!(
            latest.iter().map(|sample| &sample.series).collect::<Vec<_>>(),
            matching.iter().collect::<Vec<_>>()
        );
        assert_eq!(
            store.newest(&filter, 100, Timestamp::MAX).await.unwrap().len(),
            matching.len(),
            "{filter:?}"
        );
    }
}

pub async fn latest_is_the_newest_of_each_series_by_key<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let all = twelve_series(&*store).await;
    let newer: Vec<_> = (1..).zip(&all).map(|(second, series)| sample(series, second, 2.0)).collect();
    append(&*store, newer.clone()).await;
    // Appended late, but not the latest.
    append(
        &*store,
        newer
            .iter()
            .map(|newer| Sample { collected_at: Timestamp::MIN, ..newer.clone() })
            .collect::<Vec<_>>(),
    )
    .await;
    let filter = SeriesFilter::default();
    let seen = page_by_page(
        async |page| store.latest(&filter, page, Timestamp::MAX).await.unwrap(),
        |found| &found.series,
    )
    .await;
    assert_eq!(seen, newer);
}

pub async fn what_is_later_than_asked_for_is_not_the_newest<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (one, other) = (series("one", &[]), series("other", &[]));
    let (early, present, later) = (sample(&one, 1, 1.0), sample(&one, 2, 2.0), sample(&one, 3, 3.0));
    let far = Sample::new(Arc::clone(&one), Timestamp::MAX, 9.0);
    let only_later = sample(&other, 3, 4.0);
    let all = [&early, &present, &later, &far, &only_later];
    append(&*store, all.map(Clone::clone)).await;
    let (filter, until) = (SeriesFilter::default(), present.collected_at);
    let latest = async |until| store.latest(&filter, &Page::first(10), until).await.unwrap();
    assert_eq!(latest(until).await, std::slice::from_ref(&present));
    assert_eq!(latest(later.collected_at).await, [later.clone(), only_later.clone()]);
    assert_eq!(latest(Timestamp::MAX).await, [far, only_later]);
    assert_eq!(latest(Timestamp::MIN).await, []);
    let newest = async |limit, until| store.newest(&filter, limit, until).await.unwrap();
    assert_eq!(newest(10, until).await, [present.clone(), early]);
    assert_eq!(newest(1, until).await, [present]);
    assert_eq!(newest(10, Timestamp::MIN).await, []);
}

pub async fn newest_is_newest_first_over_all_series<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (one, other) = (series("one", &[]), series("other", &[]));
    let samples = (0..100).map(|second| sample(if second % 3 == 0 { &one } else { &other }, second, 1.0));
    let mut samples: Vec<_> = samples.collect();
    append(&*store, samples.clone()).await;
    samples.reverse();
    assert_eq!(store.newest(&SeriesFilter::default(), 10, Timestamp::MAX).await.unwrap(), samples[..10]);
    assert_eq!(store.newest(&SeriesFilter::default(), 1_000, Timestamp::MAX).await.unwrap(), samples);
    assert_eq!(store.newest(&SeriesFilter::default(), 0, Timestamp::MAX).await.unwrap(), []);
    samples.retain(|sample| sample.series == one);
    assert_eq!(
        store.newest(&SeriesFilter::named("test", "one"), 5, Timestamp::MAX).await.unwrap(),
        samples[..5]
    );
}

pub async fn a_range_is_what_a_simple_model_says<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut random = StdRng::seed_from_u64(7);
    let all = [series("a", &[]), series("b", &[]), series("c", &[])];
    let mut samples: BTreeMap<(usize, u64), f64> = BTreeMap::new();
    for _ in 0..2_000 {
        // Whole numbers, so that a sum is exact in any order of addition.
        let value = f64::from(random.random_range(-1_000..1_000));
        samples.entry((random.random_range(0..3), random.random_range(0..7_200))).or_insert(value);
    }
    let stored: Vec<_> =
        samples.iter().map(|(&(number, second), &value)| sample(&all[number], second, value)).collect();
    append(&*store, stored).await;
    for aggregate in Aggregate::ALL {
        for (from, to, step) in
            [(0, 7_200, 60), (17, 3_001, 7), (100, 101, 1), (0, 7_200, 7_200), (8_000, 9_000, 60)]
        {
            let step = Duration::from_secs(step);
            let query =
                RangeQuery::new(SeriesFilter::default(), after(from), after(to), step, aggregate).unwrap();
            let found = store.range(&query, 10).await.unwrap();
            assert_eq!(found, model(&all, &samples, &query), "{query:?}");
        }
    }
}

/// The expected answer, computed in the simplest way.
fn model(
    all: &[Arc<Series>],
    samples: &BTreeMap<(usize, u64), f64>,
    query: &RangeQuery,
) -> Vec<SeriesPoints> {
    let mut answer = Vec::new();
    for (number, series) in all.iter().enumerate() {
        let mut windows: BTreeMap<Timestamp, Accumulator> = BTreeMap::new();
        for (&(_, second), &value) in samples.range((number, 0)..(number + 1, 0)) {
            if (query.from()..query.to()).contains(&after(second)) {
                let window = after(second).window_start(query.step());
                windows.entry(window).or_insert(Accumulator::new(query.aggregate())).add(value);
            }
        }
        let points = windows.into_iter().map(|(at, mut window)| Point { at, value: window.take().unwrap() });
        let points: Vec<_> = points.collect();
        if !points.is_empty() {
            answer.push(SeriesPoints { series: Arc::clone(series), points });
        }
    }
    answer
}

pub async fn a_range_takes_its_first_instant_and_not_its_last<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    append(&*store, [sample(&load, 0, 1.0), sample(&load, 60, 2.0), sample(&load, 120, 4.0)]).await;
    let minute = Duration::from_secs(60);
    let query =
        RangeQuery::new(SeriesFilter::default(), after(0), after(120), minute, Aggregate::Sum).unwrap();
    let points = vec![Point { at: after(0), value: 1.0 }, Point { at: after(60), value: 2.0 }];
    assert_eq!(store.range(&query, 10).await.unwrap(), [SeriesPoints { series: load, points }]);
}

pub async fn a_range_is_cut_at_the_series_asked_for<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let all = twelve_series(&*store).await;
    let hour = Duration::from_secs(3_600);
    let query = RangeQuery::new(SeriesFilter::default(), after(0), after(1), hour, Aggregate::Avg).unwrap();
    let found = store.range(&query, 5).await.unwrap();
    assert_eq!(found.iter().map(|found| Arc::clone(&found.series)).collect::<Vec<_>>(), all[..5]);
}

pub async fn a_range_leaves_out_series_without_samples_in_it<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, early, late) = (fixture.open().await, series("a", &[]), series("b", &[]));
    append(&*store, [sample(&early, 0, 1.0), sample(&late, 100, 1.0)]).await;
    let minute = Duration::from_secs(60);
    let query =
        RangeQuery::new(SeriesFilter::default(), after(60), after(120), minute, Aggregate::Count).unwrap();
    let points = vec![Point { at: after(60), value: 1.0 }];
    let expected = [SeriesPoints { series: late, points }];
    assert_eq!(store.range(&query, 1).await.unwrap(), expected, "they do not count as asked for either");
    assert_eq!(store.range(&query, 0).await.unwrap(), []);
}
