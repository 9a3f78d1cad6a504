//! What every [`LatestCache`] promises.
//!
//! An engine may expire values by its own clock, so these tests use real time.

mod bounds;
mod deleting;
mod positions;

pub use bounds::*;
pub use deleting::*;
pub use positions::*;

use crate::paging::page_by_page;
use crate::samples::series;
use crate::{Fixture, soon, suite};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Note, Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{LatestCache, Page, TtlPolicy};

suite!(($) latest_cache_contract, latest_cache, [
    an_empty_cache_has_nothing,
    a_newer_sample_replaces_an_older_one,
    an_older_sample_never_replaces_a_newer_one,
    of_two_samples_at_one_instant_the_first_stays,
    the_newest_of_one_batch_is_kept_whatever_its_order,
    a_value_has_the_note_of_its_own_sample,
    a_filter_gives_the_series_that_match,
    paging_gives_every_series_once_by_key,
    a_value_expires_after_the_time_to_live_of_its_source,
    a_newer_sample_lives_anew,
    values_and_labels_come_back_exactly,
    a_life_counts_from_the_put_however_old_the_sample,
    an_expired_sample_takes_no_place_on_a_page,
    a_sweep_keeps_what_has_not_expired,
    a_sweep_by_a_time_long_past_keeps_everything,
    keys_come_in_the_order_of_their_bytes,
    newest_is_the_newest_that_matches,
    one_series_is_found_among_all_that_are_like_it,
    the_newest_of_more_series_than_the_limit_is_refused,
    a_sample_later_than_possible_is_not_kept,
    a_sample_put_while_the_clock_was_ahead_gives_way_once_it_has_come_back,
    puts_at_the_same_time_leave_the_newest,
    a_deleted_value_is_gone_and_an_older_one_can_follow,
    more_values_than_a_step_takes_are_deleted_and_those_of_another_name_stay,
    nothing_is_noted_of_a_partition_that_was_never_taken,
    a_position_is_where_it_was_moved,
    a_position_that_was_moved_by_another_holds_all_back,
    a_move_that_was_made_may_be_made_again,
    nothing_is_noted_of_a_topic_created_anew,
]);

const LONG: Duration = Duration::from_secs(3_600);
/// Short enough to wait for, in whole seconds because some engines count those.
const SHORT: Duration = Duration::from_secs(1);

fn ttl(default: Duration) -> TtlPolicy {
    TtlPolicy { default, by_source: BTreeMap::new() }
}

fn sample(series: &Arc<Series>, at: Timestamp, value: f64) -> Sample {
    Sample::new(Arc::clone(series), at, value)
}

async fn put(cache: &dyn LatestCache, samples: &[Sample]) {
    cache.put(samples, &ttl(LONG), Timestamp::now()).await.unwrap();
}

async fn all(cache: &dyn LatestCache) -> Vec<Sample> {
    cache.latest(&SeriesFilter::default(), &Page::first(1_000), Timestamp::now()).await.unwrap()
}

pub async fn an_empty_cache_has_nothing<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    assert_eq!(all(&*cache).await, []);
    assert_eq!(cache.len().await.unwrap(), 0);
    put(&*cache, &[]).await;
    cache.sweep(Timestamp::now()).await.unwrap();
    assert_eq!(cache.len().await.unwrap(), 0);
}

pub async fn a_newer_sample_replaces_an_older_one<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, load, now) = (fixture.open().await, series("load", &[]), Timestamp::now());
    put(&*cache, &[sample(&load, now, 1.0)]).await;
    let newer = sample(&load, now.plus(SHORT), 2.0);
    put(&*cache, std::slice::from_ref(&newer)).await;
    assert_eq!(all(&*cache).await, [newer]);
    assert_eq!(cache.len().await.unwrap(), 1);
}

pub async fn an_older_sample_never_replaces_a_newer_one<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, load, now) = (fixture.open().await, series("load", &[]), Timestamp::now());
    let newer = sample(&load, now, 2.0);
    put(&*cache, std::slice::from_ref(&newer)).await;
    put(&*cache, &[sample(&load, now.minus(Duration::from_micros(1)), 1.0)]).await;
    assert_eq!(all(&*cache).await, [newer]);
}

pub async fn of_two_samples_at_one_instant_the_first_stays<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, load, now) = (fixture.open().await, series("load", &[]), Timestamp::now());
    put(&*cache, &[sample(&load, now, 1.0), sample(&load, now, 2.0)]).await;
    put(&*cache, &[sample(&load, now, 3.0)]).await;
    assert_eq!(all(&*cache).await, [sample(&load, now, 1.0)]);
}

pub async fn the_newest_of_one_batch_is_kept_whatever_its_order<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, load, now) = (fixture.open().await, series("load", &[]), Timestamp::now());
    let at = |seconds| now.plus(Duration::from_secs(seconds));
    put(&*cache, &[sample(&load, at(1), 1.0), sample(&load, at(3), 3.0), sample(&load, at(2), 2.0)]).await;
    assert_eq!(all(&*cache).await, [sample(&load, at(3), 3.0)]);
}

pub async fn a_value_has_the_note_of_its_own_sample<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, up, now) = (fixture.open().await, series("up", &[]), Timestamp::now());
    let failed = sample(&up, now, 0.0).with_note(Note::new("answered 500, \"é\"").unwrap());
    put(&*cache, std::slice::from_ref(&failed)).await;
    assert_eq!(all(&*cache).await, [failed]);
    let recovered = sample(&up, now.plus(SHORT), 100.0);
    put(&*cache, std::slice::from_ref(&recovered)).await;
    assert_eq!(all(&*cache).await, [recovered]);
}

pub async fn a_filter_gives_the_series_that_match<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let names = ["load", "memory"];
    for (name, host) in names.into_iter().flat_map(|name| [(name, "a"), (name, "b")]) {
        put(&*cache, &[sample(&series(name, &[("host", host), ("rack", "1")]), now, 1.0)]).await;
    }
    let count = async |filter: SeriesFilter| {
        cache.latest(&filter, &Page::first(10), Timestamp::now()).await.unwrap().len()
    };
    let labelled = |label: &str, value: &str| BTreeMap::from([(label.to_owned(), value.to_owned())]);
    assert_eq!(count(SeriesFilter::default()).await, 4);
    assert_eq!(count(SeriesFilter::named("test", "load")).await, 2);
    assert_eq!(count(SeriesFilter { labels: labelled("host", "a"), ..SeriesFilter::default() }).await, 2);
    assert_eq!(
        count(SeriesFilter { labels: labelled("host", "a"), ..SeriesFilter::named("test", "load") }).await,
        1
    );
    assert_eq!(count(SeriesFilter { source: Some("test".into()), ..SeriesFilter::default() }).await, 4);
    assert_eq!(count(SeriesFilter { name: Some("memory".into()), ..SeriesFilter::default() }).await, 2);
    assert_eq!(count(SeriesFilter::named("other", "load")).await, 0);
    assert_eq!(count(SeriesFilter { labels: labelled("host", "c"), ..SeriesFilter::default() }).await, 0);
}

pub async fn paging_gives_every_series_once_by_key<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let mut samples: Vec<_> = (0..25).map(|i| sample(&series(&format!("s{i}"), &[]), now, 1.0)).collect();
    put(&*cache, &samples).await;
    samples.sort_by(|a, b| a.series.key().cmp(b.series.key()));
    let filter = SeriesFilter::default();
    let ask = async |page: &Page| cache.latest(&filter, page, Timestamp::now()).await.unwrap();
    assert_eq!(page_by_page(ask, |found| &found.series).await, samples);
}

pub async fn a_value_expires_after_the_time_to_live_of_its_source<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let brief = Arc::new(Series::new("brief", "load", "", &[]).unwrap());
    let lasting = sample(&series("load", &[]), now, 1.0);
    let policy = TtlPolicy { default: LONG, by_source: BTreeMap::from([("brief".to_owned(), SHORT)]) };
    cache.put(&[sample(&brief, now, 1.0), lasting.clone()], &policy, now).await.unwrap();
    soon(async { while all(&*cache).await.len() > 1 {} }).await;
    assert!(Timestamp::now().since(now) >= SHORT, "not before its time");
    assert_eq!(all(&*cache).await, std::slice::from_ref(&lasting));
    cache.sweep(Timestamp::now()).await.unwrap();
    assert_eq!(all(&*cache).await, [lasting]);
    assert_eq!(cache.len().await.unwrap(), 1);
}

pub async fn a_newer_sample_lives_anew<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, load, now) = (fixture.open().await, series("load", &[]), Timestamp::now());
    cache.put(&[sample(&load, now, 1.0)], &ttl(SHORT), now).await.unwrap();
    let newer = sample(&load, now.plus(SHORT), 2.0);
    cache.put(std::slice::from_ref(&newer), &ttl(LONG), now).await.unwrap();
    soon(async {
        while Timestamp::now().since(now) < SHORT * 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(all(&*cache).await, [newer]);
}

pub async fn values_and_labels_come_back_exactly<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let odd = [("ключ", "значение"), ("quote", "\"\\{},=|:"), ("empty", "")];
    let odd = Arc::new(Series::new("test", "a/b:c", "°C", &odd).unwrap());
    let values = [f64::MAX, f64::MIN_POSITIVE, -0.1, 1e-300, 0.1 + 0.2];
    for (second, value) in (0..).zip(values) {
        let exact = sample(&odd, now.plus(Duration::from_secs(second)), value);
        put(&*cache, std::slice::from_ref(&exact)).await;
        let found = all(&*cache).await;
        assert_eq!(found, [exact]);
        assert_eq!(found[0].series.labels().collect::<Vec<_>>(), odd.labels().collect::<Vec<_>>());
        assert_eq!(found[0].series.unit(), "°C");
    }
}
