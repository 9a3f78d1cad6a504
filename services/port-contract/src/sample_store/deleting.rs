//! Deleting series.

use super::{append, everything, labelled};
use crate::Fixture;
use crate::deleting::{MANY_SERIES, delete_all, deleted, many_series};
use crate::samples::{noted, sample, series};
use watchkeeper_domain::SeriesFilter;
use watchkeeper_ports::{Page, SampleStore};

pub async fn a_deleted_series_is_gone_with_all_its_samples_and_no_other_is_touched<
    F: Fixture<dyn SampleStore>,
>() {
    /// More than any store deletes in one step, over several days.
    const SAMPLES: u64 = 10_500;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (one, other) = (series("load", &[("host", "a")]), series("load", &[("host", "b")]));
    append(&*store, (0..SAMPLES).map(|number| sample(&one, number * 20, 1.0)).collect::<Vec<_>>()).await;
    append(&*store, [noted(&one, 7, 1.0, "noted"), sample(&other, 0, 2.0)]).await;
    let of_a = SeriesFilter { labels: labelled("host", "a"), ..SeriesFilter::default() };
    let all = usize::try_from(SAMPLES).unwrap() + 1;
    assert_eq!(delete_all(&*store, &of_a).await, deleted(1, all));
    assert_eq!(everything(&*store).await, [sample(&other, 0, 2.0)]);
    let left = store.series(&SeriesFilter::default(), &Page::first(10)).await.unwrap().series;
    assert_eq!(left, [other]);
    assert_eq!(delete_all(&*store, &of_a).await, deleted(0, 0));
}

pub async fn more_series_than_a_step_takes_are_deleted_and_those_of_another_name_stay<
    F: Fixture<dyn SampleStore>,
>() {
    let fixture = F::fresh().await;
    let (store, other) = (fixture.open().await, series("other", &[]));
    append(&*store, many_series().map(|series| sample(&series, 0, 1.0)).collect::<Vec<_>>()).await;
    append(&*store, [sample(&other, 0, 2.0)]).await;
    let filter = SeriesFilter::named("test", "many");
    assert_eq!(delete_all(&*store, &filter).await, deleted(MANY_SERIES, MANY_SERIES));
    assert_eq!(everything(&*store).await, [sample(&other, 0, 2.0)]);
    assert_eq!(store.series_count().await.unwrap(), 1);
}

pub async fn a_deleted_series_can_come_back<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let [one, other] = ["a", "b"].map(|name| series(name, &[]));
    append(&*store, [sample(&one, 0, 1.0), sample(&other, 0, 1.0)]).await;
    assert_eq!(delete_all(&*store, &SeriesFilter::default()).await, deleted(2, 2));
    // In another order, so that a stale cached id would be another's.
    append(&*store, [sample(&other, 0, 3.0)]).await;
    append(&*store, [sample(&one, 0, 4.0)]).await;
    let only =
        async |wanted| store.newest(&SeriesFilter::only(wanted), 10, crate::samples::after(9)).await.unwrap();
    assert_eq!(only(&one).await, [sample(&one, 0, 4.0)]);
    assert_eq!(only(&other).await, [sample(&other, 0, 3.0)]);
}
