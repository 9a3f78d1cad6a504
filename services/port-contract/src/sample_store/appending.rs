//! Storing samples and committing positions.

use super::{append, batch, everything};
use crate::Fixture;
use crate::samples::{after, created_anew, sample, series, topic_id};
use std::cmp::Reverse;
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{
    Advance, Append, Appended, Group, Offset, Page, PortError, SampleStore, StoredPosition, Topic,
    TopicPartition,
};

fn partition(partition: u32) -> TopicPartition {
    TopicPartition::new(Topic::METRICS, partition)
}

fn advance(number: u32, expected: Offset, next: Offset) -> Advance {
    let (group, expected) = (Group::PERSISTER, Some(expected));
    Advance { group, partition: partition(number), topic_id: topic_id(), expected, next }
}

fn moving(samples: Vec<Sample>, advances: impl Into<Vec<Advance>>) -> Arc<Append<Sample>> {
    Arc::new(Append { items: samples, advances: advances.into() })
}

async fn position(store: &dyn SampleStore, number: u32) -> Option<Offset> {
    store.position(&Group::PERSISTER, &partition(number), &topic_id()).await.unwrap().known()
}

pub async fn append_same_batch_twice_keeps_one<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let samples = vec![sample(&load, 0, 1.0), sample(&load, 1, 2.0)];
    assert_eq!(append(&*store, samples.clone()).await, Appended { stored: 2, repeated: 0 });
    assert_eq!(append(&*store, samples).await, Appended { stored: 0, repeated: 2 });
    assert_eq!(everything(&*store).await.len(), 2);
}

pub async fn of_two_values_at_one_instant_the_first_stays<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    append(&*store, [sample(&load, 0, 1.0)]).await;
    assert_eq!(append(&*store, [sample(&load, 0, 2.0)]).await, Appended { stored: 0, repeated: 1 });
    assert_eq!(everything(&*store).await, [sample(&load, 0, 1.0)]);
}

pub async fn a_batch_that_holds_a_sample_twice_keeps_one<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let appended =
        append(&*store, [sample(&load, 0, 1.0), sample(&load, 1, 3.0), sample(&load, 0, 2.0)]).await;
    assert_eq!(appended, Appended { stored: 2, repeated: 1 });
    assert_eq!(everything(&*store).await, [sample(&load, 1, 3.0), sample(&load, 0, 1.0)]);
}

pub async fn samples_and_positions_move_together<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    assert_eq!(position(&*store, 0).await, None);
    store.append(moving(vec![sample(&load, 0, 1.0)], [advance(0, 0, 10)])).await.unwrap();
    assert_eq!(position(&*store, 0).await, Some(10));
    store.append(moving(vec![sample(&load, 1, 2.0)], [advance(0, 10, 25)])).await.unwrap();
    assert_eq!(position(&*store, 0).await, Some(25));
    assert_eq!(everything(&*store).await.len(), 2);
}

pub async fn a_zombies_append_fails_and_stores_nothing<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    store.append(moving(vec![sample(&load, 0, 1.0)], [advance(0, 0, 10)])).await.unwrap();
    let new_series = series("of_the_zombie", &[]);
    for (expected, next) in [(0, 5), (9, 20), (11, 20)] {
        let zombie = moving(vec![sample(&new_series, 9, 9.0)], [advance(0, expected, next)]);
        match store.append(zombie).await.unwrap_err() {
            PortError::PositionMoved { partition: moved, expected: said, found } => {
                assert_eq!((moved, said, found), (partition(0), expected, 10));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(position(&*store, 0).await, Some(10));
    assert_eq!(everything(&*store).await, [sample(&load, 0, 1.0)]);
    // The zombie's samples can still be stored by its successor.
    append(&*store, [sample(&new_series, 9, 9.0)]).await;
    assert_eq!(everything(&*store).await.len(), 2);
}

pub async fn one_moved_position_holds_all_back<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    store.append(moving(Vec::new(), [advance(1, 0, 7)])).await.unwrap();
    let half_moved = moving(vec![sample(&load, 0, 1.0)], [advance(0, 0, 5), advance(1, 0, 9)]);
    assert!(matches!(store.append(half_moved).await, Err(PortError::PositionMoved { .. })));
    assert_eq!((position(&*store, 0).await, position(&*store, 1).await), (None, Some(7)));
    assert_eq!(everything(&*store).await, []);
}

pub async fn groups_and_partitions_have_positions_of_their_own<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let other_group = Advance { group: Group::named("other"), ..advance(0, 0, 3) };
    let dead =
        Advance { partition: TopicPartition::new(Topic::METRICS.dead_letters(), 0), ..advance(0, 0, 4) };
    let advances = [advance(0, 0, 1), advance(1, 0, 2), other_group, dead.clone()];
    store.append(moving(Vec::new(), advances)).await.unwrap();
    assert_eq!((position(&*store, 0).await, position(&*store, 1).await), (Some(1), Some(2)));
    let of_group = async |group, number| store.position(group, &partition(number), &topic_id()).await;
    let other = Group::named("other");
    assert_eq!(of_group(&other, 0).await.unwrap(), StoredPosition::At(3));
    assert_eq!(of_group(&other, 1).await.unwrap(), StoredPosition::Never);
    let of_dead = store.position(&Group::PERSISTER, &dead.partition, &topic_id()).await.unwrap();
    assert_eq!(of_dead, StoredPosition::At(4));
}

pub async fn a_topic_created_anew_is_stored_from_its_beginning<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[]));
    let anew = |expected, next| Advance { topic_id: created_anew(), ..advance(0, expected, next) };
    let position_anew = async || store.position(&Group::PERSISTER, &partition(0), &created_anew()).await;
    store.append(moving(vec![sample(&load, 0, 1.0)], [advance(0, 0, 10)])).await.unwrap();
    assert_eq!(position_anew().await.unwrap(), StoredPosition::OfAnother(topic_id()));
    let zombie = moving(vec![sample(&load, 9, 9.0)], [anew(10, 11)]);
    assert!(matches!(store.append(zombie).await, Err(PortError::PositionMoved { found: 0, .. })));
    store.append(moving(vec![sample(&load, 1, 2.0)], [anew(0, 3)])).await.unwrap();
    assert_eq!(position_anew().await.unwrap(), StoredPosition::At(3));
    assert_eq!(position(&*store, 0).await, Some(10), "the topic before may be on another bus, and live");
    assert_eq!(everything(&*store).await, [sample(&load, 1, 2.0), sample(&load, 0, 1.0)]);
}

pub async fn an_append_without_samples_moves_the_position<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let appended = store.append(moving(Vec::new(), [advance(0, 0, 3)])).await.unwrap();
    assert_eq!(appended, Appended::default());
    assert_eq!(position(&*store, 0).await, Some(3));
    assert_eq!(append(&*store, []).await, Appended::default());
}

pub async fn everything_survives_reopening<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let (store, load) = (fixture.open().await, series("load", &[("host", "a")]));
    store.append(moving(vec![sample(&load, 0, 1.0)], [advance(0, 0, 10)])).await.unwrap();
    drop(store);
    let store = fixture.open().await;
    assert_eq!(everything(&*store).await, [sample(&load, 0, 1.0)]);
    assert_eq!(position(&*store, 0).await, Some(10));
    assert_eq!(append(&*store, [sample(&load, 0, 2.0), sample(&load, 1, 2.0)]).await.stored, 1);
    let found = store.series(&SeriesFilter::default(), &Page::first(10)).await.unwrap();
    assert_eq!(found.series, [load]);
}

pub async fn appends_at_the_same_time_lose_nothing<F: Fixture<dyn SampleStore>>() {
    const TASKS: u64 = 16;
    const APPENDS: u64 = 10;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            // All tasks see each series for the first time at about the same moment.
            for number in 0..APPENDS {
                let shared = series(&format!("shared_{number}"), &[]);
                append(&*store, [sample(&shared, task, 1.0), sample(&shared, 1_000, 1.0)]).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(everything(&*store).await.len() as u64, (TASKS + 1) * APPENDS);
    let found = store.series(&SeriesFilter::default(), &Page::first(1_000)).await.unwrap();
    assert_eq!(found.series.len() as u64, APPENDS);
}

pub async fn one_position_is_moved_by_one_of_many<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut tasks = JoinSet::new();
    for task in 0..16 {
        let store = Arc::clone(&store);
        let own = moving(vec![sample(&series("load", &[]), task, 1.0)], [advance(0, 0, task + 1)]);
        tasks.spawn(async move { store.append(own).await.is_ok() });
    }
    let winners = tasks.join_all().await.into_iter().filter(|has_won| *has_won).count();
    assert_eq!(winners, 1);
    let stored = everything(&*store).await;
    assert_eq!(stored.len(), 1);
    let position = position(&*store, 0).await.unwrap();
    assert_eq!(stored[0].collected_at, after(position - 1), "the winner's sample and position");
}

pub async fn values_times_and_labels_come_back_exactly<F: Fixture<dyn SampleStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let labels = [("ключ", "значение"), ("quote", "\"\\{},=|:"), ("empty", "")];
    let odd = Arc::new(Series::new("test", "a/b:c", "°C", &labels).unwrap());
    let values =
        [0.0, -0.1, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.1 + 0.2, 9_007_199_254_740_993.0];
    let mut samples: Vec<_> = (0..).zip(values).map(|(second, value)| sample(&odd, second, value)).collect();
    for bound in [Timestamp::MIN, Timestamp::MAX, Timestamp::from_micros(1).unwrap()] {
        samples.push(Sample::new(Arc::clone(&odd), bound, 1.0));
    }
    append(&*store, samples.clone()).await;
    samples.sort_by_key(|sample| Reverse(sample.collected_at));
    let found = everything(&*store).await;
    assert_eq!(found, samples);
    assert_eq!(found[0].series.labels().collect::<Vec<_>>(), odd.labels().collect::<Vec<_>>());
    assert_eq!(
        (found[0].series.source(), found[0].series.name(), found[0].series.unit()),
        ("test", "a/b:c", "°C")
    );
}

pub async fn a_large_batch_is_stored_whole<F: Fixture<dyn SampleStore>>() {
    const SERIES: usize = 1_000;
    const SAMPLES: usize = 50_000;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let many: Vec<_> = (0..SERIES).map(|number| series("many", &[("number", &number.to_string())])).collect();
    let samples: Vec<_> =
        (0..SAMPLES).map(|number| sample(&many[number % SERIES], number as u64, 1.0)).collect();
    assert_eq!(store.append(batch(samples)).await.unwrap().stored, SAMPLES as u64);
    assert_eq!(everything(&*store).await.len(), SAMPLES);
}
