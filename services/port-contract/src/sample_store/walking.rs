//! Reading all samples, page by page.

use super::append;
use crate::Fixture;
use crate::confusable::confusable;
use crate::samples::{after, sample, series};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::{SampleKey, SampleStore};

/// The samples lie within this many seconds: three days.
const SECONDS: u64 = 3 * 86_400;
/// How many random queries to make, each from a seed that a failure reports.
const QUESTIONS: u64 = 50;

/// Some of the keys differ only after many characters, in an order that is not that of their lengths.
fn long_and_confusable() -> Vec<Arc<Series>> {
    let long = |end: &str| series("long", &[("text", &format!("{}{end}", "€".repeat(300)))]);
    confusable().into_iter().chain(["", "b", "aa", "a", "ab"].map(long)).collect()
}

/// Samples at random instants, in order; some series have many, most have few.
async fn fill(store: &dyn SampleStore) -> Vec<Sample> {
    let (mut random, all) = (StdRng::seed_from_u64(1), long_and_confusable());
    let any = |number| {
        let many = random.random_range(0..all.len());
        let few = random.random_range(0..=many);
        sample(&all[all.len() - 1 - few], random.random_range(0..SECONDS), f64::from(number))
    };
    let mut samples: Vec<_> = (0..400).map(any).collect();
    samples.sort_by_key(SampleKey::of);
    samples.dedup_by_key(|sample| SampleKey::of(sample));
    append(store, samples.clone()).await;
    samples
}

/// Reads page after page until one is not full.
async fn walk(store: &dyn SampleStore, time: &Range<Timestamp>, limit: usize) -> Vec<Sample> {
    let mut found: Vec<Sample> = Vec::new();
    loop {
        let last = found.last().map(SampleKey::of);
        let page = store.samples(time.clone(), last.as_ref(), limit).await.unwrap();
        let is_full = page.len() == limit;
        found.extend(page);
        if !is_full {
            return found;
        }
    }
}

pub async fn a_walk_meets_every_sample_once_and_in_order_whatever_the_page<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(walk(&*store, &(Timestamp::MIN..Timestamp::MAX), 1).await, []);
    let samples = fill(&*store).await;
    for limit in [1, 2, 7, samples.len(), usize::MAX] {
        assert_eq!(walk(&*store, &(after(0)..after(SECONDS)), limit).await, samples, "pages of {limit}");
    }
}

pub async fn a_page_of_samples_is_what_a_simple_model_says<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (samples, all) = (fill(&*store).await, long_and_confusable());
    for seed in 0..QUESTIONS {
        let mut random = StdRng::seed_from_u64(seed);
        let mut any = || after(random.random_range(0..SECONDS));
        let (from, to, collected_at) = (any(), any(), any());
        let time = from.min(to)..from.max(to);
        // Of a series with samples, without any, or that cannot exist.
        let series_key = match random.random_range(0..4) {
            0 => ["", "host/load~", "höst", "\u{10FFFF}"][random.random_range(0..4)].to_owned(),
            _ => all[random.random_range(0..all.len())].key().to_owned(),
        };
        let last = SampleKey { series_key, collected_at };
        let limit = random.random_range(0..100);
        let follows = |sample: &&Sample| time.contains(&sample.collected_at) && SampleKey::of(sample) > last;
        let expected: Vec<_> = samples.iter().filter(follows).take(limit).cloned().collect();
        let found = store.samples(time.clone(), Some(&last), limit).await.unwrap();
        assert_eq!(found, expected, "seed {seed}: {limit} in {time:?} after {last:?}");
    }
}

pub async fn samples_are_taken_from_the_first_instant_and_not_from_the_last<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, one, other) = (fixture.open().await, series("one", &[]), series("other", &[]));
    let samples = [&one, &other].map(|series| [1, 2, 3, 4].map(|second| sample(series, second, 1.0)));
    append(&*store, samples.concat()).await;
    let within = [&samples[0][1..3], &samples[1][1..3]].concat();
    assert_eq!(walk(&*store, &(after(2)..after(4)), 1).await, within);
    // Wherever the previous page ended: in the range, before it or after it.
    for (second, rest) in [(1, 0), (2, 1), (3, 2), (4, 2)] {
        let last = SampleKey::of(&sample(&one, second, 1.0));
        let found = store.samples(after(2)..after(4), Some(&last), 10).await.unwrap();
        assert_eq!(found, within[rest..], "after {second}");
    }
}

pub async fn an_empty_range_has_no_samples<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    append(&*store, [1, 2, 3].map(|second| sample(&load, second, 1.0))).await;
    for (from, to) in [(2, 2), (3, 1), (0, 1), (4, 9)] {
        assert_eq!(store.samples(after(from)..after(to), None, 10).await.unwrap(), [], "{from}..{to}");
    }
}

pub async fn a_walk_is_not_disturbed_by_what_is_appended_behind_it<F: Fixture<dyn SampleStore>>() {
    const HOUR: u64 = 3_600;
    let fixture = F::fresh().await;
    let (store, before, walked) = (fixture.open().await, series("a", &[]), series("b", &[]));
    let samples: Vec<_> = (0..6).map(|hour| sample(&walked, hour * HOUR + 1, 1.0)).collect();
    append(&*store, samples.clone()).await;
    let mut found: Vec<Sample> = Vec::new();
    for hour in 0..6 {
        let last = found.last().map(SampleKey::of);
        found.extend(store.samples(after(0)..after(6 * HOUR), last.as_ref(), 1).await.unwrap());
        append(&*store, [sample(&before, hour * HOUR, 2.0), sample(&walked, hour * HOUR, 2.0)]).await;
    }
    assert_eq!(found, samples);
    assert_eq!(walk(&*store, &(after(0)..after(6 * HOUR)), 4).await.len(), 3 * samples.len());
}
