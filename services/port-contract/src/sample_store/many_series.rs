//! The limits of series in a store and in a query.

use super::{append, batch, everything};
use crate::Fixture;
use crate::samples::{after, sample, series, topic_id};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Aggregate, RangeQuery, Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::{
    Advance, Append, Appended, Group, MAX_ASKED_SERIES, Page, PortError, SampleStore, Topic, TopicPartition,
    asked_of_too_many, too_many_series,
};

/// Longer than a store may exceed the retention: it may drop only whole days.
const LATER: u64 = 10 * 86_400;

/// A sample of the series with each name, one second after another.
fn of_names(names: &str) -> Vec<Sample> {
    let names = names.split(' ').zip(0..);
    names.map(|(name, second)| sample(&series(name, &[]), second, 1.0)).collect()
}

fn at_most(max_series: u64, samples: Vec<Sample>) -> (u64, Append<Sample>) {
    (max_series, Append::of(samples))
}

/// The samples stored, or those whose series exceed the limit, and how many series there are.
async fn try_append(
    store: &dyn SampleStore,
    (max_series, append): (u64, Append<Sample>),
) -> Result<u64, (u64, Vec<usize>)> {
    match store.append_within(max_series, Arc::new(append)).await {
        Ok(Appended { stored, .. }) => Ok(stored),
        Err(PortError::ItemsRejected { reason, items, .. }) => {
            let series = store.series_count().await.unwrap();
            assert_eq!(reason, too_many_series(series, max_series));
            Err((series, items))
        }
        Err(other) => panic!("{other}"),
    }
}

pub async fn series_are_counted<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(store.series_count().await.unwrap(), 0);
    append(&*store, of_names("a b a")).await;
    append(&*store, of_names("c a")).await;
    assert_eq!(store.series_count().await.unwrap(), 3);
}

pub async fn as_many_series_are_stored_as_may_be_and_the_others_are_named<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(try_append(&*store, at_most(3, of_names("a b a"))).await, Ok(3));
    let (_, left) = try_append(&*store, at_most(3, of_names("a c c d e a d"))).await.unwrap_err();
    // Which new series gets the last place is not promised, but then all its samples are stored.
    assert!([vec![3, 4, 6], vec![1, 2, 4], vec![1, 2, 3, 6]].contains(&left), "{left:?}");
    let mut samples = of_names("a c c d e a d");
    left.iter().rev().for_each(|&index| drop(samples.remove(index)));
    try_append(&*store, at_most(3, samples)).await.unwrap();
    assert_eq!(store.series_count().await.unwrap(), 3);
    assert_eq!(try_append(&*store, at_most(3, of_names("f"))).await, Err((3, vec![0])));
    assert_eq!(try_append(&*store, at_most(4, of_names("f"))).await, Ok(1));
}

pub async fn a_batch_without_room_stores_nothing_and_moves_no_position<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let partition = TopicPartition::new(Topic::METRICS, 0);
    append(&*store, of_names("a")).await;
    let (group, topic_id, expected, next) = (Group::PERSISTER, topic_id(), None, 9);
    let advance = Advance { group: group.clone(), partition: partition.clone(), topic_id, expected, next };
    let moving = |samples| Append { items: of_names(samples), advances: vec![advance.clone()] };
    assert_eq!(try_append(&*store, (1, moving("b a"))).await, Err((1, vec![0])));
    assert_eq!(everything(&*store).await, of_names("a"));
    let position = async || store.position(&group, &partition, &advance.topic_id).await.unwrap().known();
    assert_eq!(position().await, None);
    assert_eq!(try_append(&*store, (1, moving("a a"))).await, Ok(1));
    assert_eq!(position().await, Some(9));
}

pub async fn samples_of_known_series_are_stored_where_there_is_no_room_for_others<
    F: Fixture<dyn SampleStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, of_names("a b c")).await;
    // Below the current number: the limit was lowered.
    assert_eq!(try_append(&*store, at_most(1, of_names("a a a"))).await, Ok(2));
    drop(store);
    let store = fixture.open().await;
    assert_eq!(try_append(&*store, at_most(3, of_names("c c"))).await, Ok(2));
    assert_eq!(try_append(&*store, at_most(3, of_names("d"))).await, Err((3, vec![0])));
}

pub async fn pruning_makes_room_for_others<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let late = |name| vec![sample(&series(name, &[]), LATER, 1.0)];
    append(&*store, of_names("a b")).await;
    append(&*store, late("a")).await;
    assert_eq!(try_append(&*store, at_most(2, late("c"))).await, Err((2, vec![0])));
    store.prune(after(LATER)).await.unwrap();
    assert_eq!(try_append(&*store, at_most(2, late("c"))).await, Ok(1));
    assert_eq!(try_append(&*store, at_most(2, late("b"))).await, Err((2, vec![0])));
}

pub async fn questions_about_more_series_than_the_limit_are_refused<F: Fixture<dyn SampleStore>>() {
    const BATCH: usize = 10_000;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let numbered = |number: usize| {
        let name = if number == 0 { "one" } else { "many" };
        sample(&series(name, &[("number", &number.to_string())]), 0, 1.0)
    };
    for first in (0..MAX_ASKED_SERIES).step_by(BATCH) {
        store.append(batch((first..first + BATCH).map(numbered).collect::<Vec<_>>())).await.unwrap();
    }
    let all = SeriesFilter::default();
    // Later than all samples: no series has any.
    let range = |filter: &SeriesFilter, from| {
        let (from, to, minute) = (after(from), after(from + 60), Duration::from_secs(60));
        RangeQuery::new(filter.clone(), from, to, minute, Aggregate::Count).unwrap()
    };
    assert_eq!(store.newest(&all, 3, Timestamp::MAX).await.unwrap().len(), 3);
    assert_eq!(store.range(&range(&all, 60), 3).await.unwrap(), []);
    append(&*store, [numbered(MAX_ASKED_SERIES)]).await;
    let refused = |answer: Result<usize, PortError>| match answer {
        Err(PortError::Rejected { reason, .. }) => assert_eq!(reason, asked_of_too_many()),
        other => panic!("{other:?}"),
    };
    refused(store.newest(&all, 3, Timestamp::MAX).await.map(|found| found.len()));
    refused(store.range(&range(&all, 60), 3).await.map(|found| found.len()));
    assert_eq!(store.range(&range(&all, 0), 3).await.unwrap().len(), 3, "they are found at once");
    // By name there are fewer; paging has no limit; and one series is found among all.
    assert_eq!(store.newest(&SeriesFilter::named("test", "many"), 3, Timestamp::MAX).await.unwrap().len(), 3);
    assert_eq!(
        store.newest(&SeriesFilter::named("test", "one"), 3, Timestamp::MAX).await.unwrap(),
        [numbered(0)]
    );
    assert_eq!(store.latest(&all, &Page::first(5), Timestamp::MAX).await.unwrap().len(), 5);
    let last = numbered(MAX_ASKED_SERIES);
    let only = SeriesFilter::only(&last.series);
    assert_eq!(store.newest(&only, 3, Timestamp::MAX).await.unwrap(), std::slice::from_ref(&last));
    assert_eq!(store.range(&range(&only, 0), 3).await.unwrap().len(), 1);
    assert_eq!(store.latest(&only, &Page::first(5), Timestamp::MAX).await.unwrap(), [last]);
}
