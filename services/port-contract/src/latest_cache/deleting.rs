//! Deleting series.

use super::{all, put, sample};
use crate::Fixture;
use crate::deleting::{MANY_SERIES, delete_all, many_series};
use crate::samples::series;
use std::time::Duration;
use watchkeeper_domain::{SeriesFilter, Timestamp};
use watchkeeper_ports::LatestCache;

pub async fn a_deleted_value_is_gone_and_an_older_one_can_follow<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let (one, other) = (series("load", &[("host", "a")]), series("load", &[("host", "b")]));
    put(&*cache, &[sample(&one, now, 1.0), sample(&other, now, 2.0)]).await;
    let of_a = SeriesFilter::only(&one);
    assert_eq!(delete_all(&*cache, &of_a).await.series, 1);
    assert_eq!(all(&*cache).await, [sample(&other, now, 2.0)]);
    assert_eq!(cache.len().await.unwrap(), 1);
    assert_eq!(delete_all(&*cache, &of_a).await.series, 0);
    let older = sample(&one, now.minus(Duration::from_secs(60)), 3.0);
    put(&*cache, std::slice::from_ref(&older)).await;
    assert_eq!(all(&*cache).await, [older, sample(&other, now, 2.0)]);
}

pub async fn more_values_than_a_step_takes_are_deleted_and_those_of_another_name_stay<
    F: Fixture<dyn LatestCache>,
>() {
    let fixture = F::fresh().await;
    let (cache, now) = (fixture.open().await, Timestamp::now());
    let other = sample(&series("other", &[]), now, 2.0);
    let many: Vec<_> = many_series().map(|series| sample(&series, now, 1.0)).collect();
    put(&*cache, &many).await;
    put(&*cache, std::slice::from_ref(&other)).await;
    let filter = SeriesFilter::named("test", "many");
    assert_eq!(delete_all(&*cache, &filter).await.series, MANY_SERIES as u64);
    assert_eq!(all(&*cache).await, [other]);
}
