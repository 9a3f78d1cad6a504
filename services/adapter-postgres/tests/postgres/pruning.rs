//! Pruned days and coming days.

use crate::place::Place;
use crate::samples::{DAY, batch, everything, midnight, sample};
use std::collections::BTreeSet;
use tokio_postgres::Client;
use watchkeeper_domain::Timestamp;

/// The tables of the schema with this name prefix.
async fn tables(client: &Client, prefix: &str) -> BTreeSet<String> {
    const TABLES: &str = "SELECT relname::text FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND starts_with(relname, $1)";
    client.query(TABLES, &[&prefix]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn whole_days_go_with_their_tables_and_the_rest_row_by_row() {
    let place = Place::fresh();
    let store = place.store().samples();
    let half_days = (0..8).map(|half| midnight(0).plus(half * (DAY / 2)));
    let samples: Vec<_> = half_days.map(|at| sample("load", at, 1.0)).collect();
    store.append(batch(samples.clone())).await.unwrap();
    assert_eq!(store.prune(midnight(2).plus(DAY / 4)).await.unwrap(), 5);
    let left: BTreeSet<_> = everything(&*store).await.iter().map(|sample| sample.collected_at).collect();
    assert_eq!(left, samples[5..].iter().map(|sample| sample.collected_at).collect());
    let client = place.client().await;
    let days = tables(&client, "samples_").await;
    assert!(days.contains("samples_20261122") && !days.contains("samples_20261121"), "{days:?}");
    assert_eq!(tables(&client, "removed_").await, BTreeSet::new());
}

#[tokio::test]
async fn the_days_that_come_are_made_ahead() {
    let place = Place::fresh();
    let store = place.store().samples();
    let now = Timestamp::now();
    store.prune(now.minus(DAY)).await.unwrap();
    let days = tables(&place.client().await, "samples_").await;
    for ahead in 0..2 {
        let day = now.plus(ahead * DAY).to_string();
        let name = format!("samples_{}", day[..10].replace('-', ""));
        assert!(days.contains(&name), "{name} of {days:?}");
    }
}

#[tokio::test]
async fn more_samples_than_one_step_removes_are_removed() {
    let place = Place::fresh();
    let store = place.store().samples();
    let micros = |micros| Timestamp::from_micros(midnight(0).as_micros() + micros).unwrap();
    for name in ["one", "other"] {
        let samples: Vec<_> = (0..12_000).map(|at| sample(name, micros(at), 1.0)).collect();
        store.append(batch(samples)).await.unwrap();
    }
    assert_eq!(store.prune(micros(11_000)).await.unwrap(), 22_000);
    assert_eq!(everything(&*store).await.len(), 2_000);
}

#[tokio::test]
async fn more_days_than_one_transaction_takes_out_are_removed() {
    let place = Place::fresh();
    let store = place.store().samples();
    let samples: Vec<_> = (0..50).map(|day| sample("daily", midnight(day), 1.0)).collect();
    store.append(batch(samples)).await.unwrap();
    assert_eq!(store.prune(midnight(47)).await.unwrap(), 47);
    assert_eq!(everything(&*store).await.len(), 3);
    let client = place.client().await;
    assert_eq!(tables(&client, "removed_").await, BTreeSet::new());
    assert!(!tables(&client, "samples_").await.contains("samples_20261120"));
}

#[tokio::test]
async fn a_day_that_was_left_half_removed_is_counted_and_dropped_by_the_next() {
    let place = Place::fresh();
    let store = place.store().samples();
    store.append(batch([sample("load", midnight(0), 1.0), sample("load", midnight(5), 1.0)])).await.unwrap();
    let client = place.client().await;
    client
        .batch_execute(
            "ALTER TABLE samples DETACH PARTITION samples_20261120;
             ALTER TABLE samples_20261120 RENAME TO removed_1",
        )
        .await
        .unwrap();
    // The same day may have come again since.
    let other = place.store().samples();
    other.append(batch([sample("load", midnight(0), 1.0)])).await.unwrap();
    assert_eq!(store.prune(midnight(2)).await.unwrap(), 2);
    assert_eq!(tables(&client, "removed_").await, BTreeSet::new());
}

#[tokio::test]
async fn a_question_that_holds_a_day_holds_up_its_removal_and_not_appends() {
    let place = Place::fresh();
    let store = place.store().samples();
    store.append(batch([sample("load", midnight(0), 1.0)])).await.unwrap();
    let reader = place.client().await;
    reader.batch_execute("BEGIN; SELECT * FROM samples").await.unwrap();
    let error = store.prune(midnight(2)).await.unwrap_err();
    assert!(error.to_string().contains("55P03"), "{error}");
    store.append(batch([sample("load", midnight(3), 1.0)])).await.unwrap();
    reader.batch_execute("COMMIT").await.unwrap();
    assert_eq!(store.prune(midnight(2)).await.unwrap(), 1);
}

#[tokio::test]
async fn two_who_prune_at_the_same_time_count_each_sample_once() {
    let place = Place::fresh();
    let (store, other) = (place.store().samples(), place.store().samples());
    let samples: Vec<_> = (0..10).map(|day| sample("load", midnight(day), 1.0)).collect();
    store.append(batch(samples)).await.unwrap();
    let (one, other) = tokio::join!(store.prune(midnight(8)), other.prune(midnight(8)));
    assert_eq!(one.unwrap() + other.unwrap(), 8);
}
