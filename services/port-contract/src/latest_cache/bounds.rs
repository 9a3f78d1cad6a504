//! Exact instants, and order.
//!
//! Times to live are long here, so that the clock of an engine does not matter.

use super::{LONG, all, put, sample, ttl};
use crate::Fixture;
use crate::confusable::confusable;
use crate::samples::series;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{LatestCache, MAX_ASKED_SERIES, Page, PortError, asked_of_too_many};

async fn all_at(cache: &dyn LatestCache, now: Timestamp) -> Vec<Sample> {
    cache.latest(&SeriesFilter::default(), &Page::first(1_000), now).await.unwrap()
}

pub async fn a_life_counts_from_the_put_however_old_the_sample<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let old = [sample(&series("load", &[]), Timestamp::MIN, 1.0)];
    cache.put(&old, &ttl(LONG), now).await.unwrap();
    assert_eq!(all_at(&*cache, now).await, old);
    assert_eq!(all_at(&*cache, now.plus(LONG).minus(Duration::from_micros(1))).await, old);
    assert_eq!(all_at(&*cache, now.plus(LONG)).await, []);
}

pub async fn an_expired_sample_takes_no_place_on_a_page<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let samples: Vec<_> = (0..20).map(|i| sample(&series(&format!("s{i:02}"), &[]), now, 1.0)).collect();
    let (first, last) = samples.split_at(15);
    cache.put(first, &ttl(LONG), now).await.unwrap();
    cache.put(last, &ttl(2 * LONG), now).await.unwrap();
    let page = cache.latest(&SeriesFilter::default(), &Page::first(3), now.plus(LONG)).await.unwrap();
    assert_eq!(page, last[..3]);
}

pub async fn a_sweep_keeps_what_has_not_expired<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let (brief, lasting) = (sample(&series("a", &[]), now, 1.0), sample(&series("b", &[]), now, 2.0));
    cache.put(&[brief], &ttl(LONG), now).await.unwrap();
    cache.put(std::slice::from_ref(&lasting), &ttl(2 * LONG), now).await.unwrap();
    cache.sweep(now).await.unwrap();
    assert_eq!(cache.len().await.unwrap(), 2);
    cache.sweep(now.plus(LONG)).await.unwrap();
    assert_eq!(all_at(&*cache, now.plus(LONG)).await, [lasting]);
}

pub async fn a_sweep_by_a_time_long_past_keeps_everything<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let load = sample(&series("load", &[]), now, 1.0);
    cache.put(std::slice::from_ref(&load), &ttl(LONG), now).await.unwrap();
    cache.sweep(now.minus(1_826 * 24 * LONG)).await.unwrap();
    assert_eq!(all_at(&*cache, now).await, [load]);
}

pub async fn keys_come_in_the_order_of_their_bytes<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let mut samples = Vec::new();
    for source in ["host", "host-2", "Host", "höst"] {
        for name in ["load", "load1", "load/1"] {
            for labels in [&[][..], &[("host", "a")]] {
                let series = Series::new(source, name, "", labels).unwrap();
                samples.push(sample(&Arc::new(series), now, 1.0));
            }
        }
    }
    put(&*cache, &samples).await;
    samples.sort_by(|a, b| a.series.cmp(&b.series));
    assert_eq!(all(&*cache).await, samples);
    for filter in [
        SeriesFilter { source: Some("host".into()), ..SeriesFilter::default() },
        SeriesFilter { name: Some("load".into()), ..SeriesFilter::default() },
        SeriesFilter::named("host", "load"),
    ] {
        let matching: Vec<_> = samples.iter().filter(|s| filter.matches(&s.series)).cloned().collect();
        let (first, rest) = matching.split_first().unwrap();
        let after = Page { after: Some(first.series.key().to_owned()), limit: 100 };
        assert_eq!(cache.latest(&filter, &Page::first(1), now).await.unwrap(), std::slice::from_ref(first));
        assert_eq!(cache.latest(&filter, &after, now).await.unwrap(), rest, "{filter:?}");
    }
}

pub async fn newest_is_the_newest_that_matches<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let (before, later) = (now.minus(LONG), now.plus(Duration::from_secs(1)));
    let of = |name, host, at| sample(&series(name, &[("host", host)]), at, 1.0);
    assert_eq!(cache.newest(&SeriesFilter::default(), now).await.unwrap(), None);
    put(&*cache, &[of("load", "a", before), of("load", "b", now), of("load", "c", now), of("x", "a", later)])
        .await;
    let newest = async |filter| cache.newest(&filter, now).await.unwrap();
    let first_of_equals = of("load", "b", now);
    assert_eq!(newest(SeriesFilter::named("test", "load")).await, Some(first_of_equals));
    assert_eq!(newest(SeriesFilter::default()).await, Some(of("x", "a", later)));
    assert_eq!(newest(SeriesFilter::named("test", "unknown")).await, None);
}

pub async fn one_series_is_found_among_all_that_are_like_it<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let samples: Vec<_> = confusable().iter().map(|series| sample(series, now, 1.0)).collect();
    put(&*cache, &samples).await;
    for sample in samples {
        let only = SeriesFilter::only(&sample.series);
        let found = cache.latest(&only, &Page::first(9), now).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&sample));
        assert_eq!(cache.newest(&only, now).await.unwrap(), Some(sample));
    }
}

pub async fn the_newest_of_more_series_than_the_limit_is_refused<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let numbered = |number: usize| {
        let name = if number == 0 { "one" } else { "many" };
        sample(&series(name, &[("number", &number.to_string())]), now, 1.0)
    };
    put(&*cache, &(0..=MAX_ASKED_SERIES).map(numbered).collect::<Vec<_>>()).await;
    let all = SeriesFilter::default();
    let refused = cache.newest(&all, now).await.unwrap_err();
    assert!(
        matches!(&refused, PortError::Rejected { reason, .. } if *reason == asked_of_too_many()),
        "{refused}"
    );
    assert_eq!(cache.newest(&SeriesFilter::named("test", "one"), now).await.unwrap(), Some(numbered(0)));
}

pub async fn a_sample_later_than_possible_is_not_kept<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, load, now) = (fixture.open().await, series("load", &[]), Timestamp::now());
    let (possible, other) = (latest_possible(now), series("other", &[]));
    let far = possible.plus(Duration::from_micros(1));
    let samples =
        [sample(&load, possible, 1.0), sample(&load, far, 2.0), sample(&other, Timestamp::MAX, 3.0)];
    cache.put(&samples, &ttl(LONG), now).await.unwrap();
    assert_eq!(all_at(&*cache, now).await, samples[..1]);
    assert_eq!(cache.len().await.unwrap(), 1);
    cache.put(&samples[1..], &ttl(LONG), now).await.unwrap();
    assert_eq!(all_at(&*cache, now).await, samples[..1]);
}

pub async fn a_sample_put_while_the_clock_was_ahead_gives_way_once_it_has_come_back<
    F: Fixture<dyn LatestCache>,
>() {
    let fixture = F::fresh().await;
    let (cache, load, now) = (fixture.open().await, series("load", &[]), Timestamp::now());
    let ahead = now.plus(1_000 * LONG);
    let stuck = sample(&load, ahead, 1.0);
    cache.put(&[stuck.clone(), sample(&series("alone", &[]), ahead, 1.0)], &ttl(LONG), ahead).await.unwrap();
    assert_eq!(all_at(&*cache, ahead).await.len(), 2);
    assert_eq!(all_at(&*cache, now).await, [], "nothing was measured in the future");
    let present = sample(&load, now, 2.0);
    cache.put(std::slice::from_ref(&present), &ttl(LONG), now).await.unwrap();
    assert_eq!(all_at(&*cache, now).await, std::slice::from_ref(&present));
    cache.put(&[stuck, sample(&load, now.minus(LONG), 3.0)], &ttl(LONG), now).await.unwrap();
    assert_eq!(all_at(&*cache, now).await, [present]);
}

pub async fn puts_at_the_same_time_leave_the_newest<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, load, now) = (fixture.open().await, series("load", &[]), Timestamp::now());
    let at = move |step: u32| now.plus(Duration::from_secs(u64::from(step)));
    let mut tasks = JoinSet::new();
    for task in 0..8_u32 {
        let (cache, load) = (Arc::clone(&cache), Arc::clone(&load));
        tasks.spawn(async move {
            for step in (task..400).step_by(8) {
                put(&*cache, &[sample(&load, at(step), f64::from(step))]).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(all(&*cache).await, [sample(&load, at(399), 399.0)]);
}
