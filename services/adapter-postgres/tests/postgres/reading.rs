//! Query plans.

use crate::place::Place;
use crate::samples::{batch, midnight, sample};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_postgres::PostgresStore;
use watchkeeper_domain::{Aggregate, RangeQuery, SeriesFilter, Timestamp};
use watchkeeper_ports::{SampleKey, SampleStore};

/// This many seconds into the first day.
fn second(seconds: u64) -> Timestamp {
    midnight(0).plus(Duration::from_secs(seconds))
}

/// A store of two series with a sample each second, without planner statistics yet.
async fn filled(place: &Place) -> (PostgresStore, Arc<dyn SampleStore>) {
    let store = place.store();
    let samples = store.samples();
    for name in ["one", "other"] {
        let many: Vec<_> = (0..5_000).map(|at| sample(name, second(at), 1.0)).collect();
        samples.append(batch(many)).await.unwrap();
    }
    (store, samples)
}

/// The rows of all days read through the index, and read otherwise.
async fn rows_read(place: &Place) -> (i64, i64) {
    let client = place.client().await;
    client.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
    let sql = "SELECT coalesce(sum(idx_tup_fetch), 0)::bigint, coalesce(sum(seq_tup_read), 0)::bigint
         FROM pg_stat_user_tables WHERE schemaname = current_schema() AND starts_with(relname, 'samples_')";
    let row = client.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// The same, of closed connections: their statistics are complete then.
async fn rows_read_in_the_end(place: &Place) -> (i64, i64) {
    let counted = async {
        loop {
            let read @ (by_index, _) = rows_read(place).await;
            if by_index > 0 {
                return read;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), counted).await.unwrap()
}

#[tokio::test]
async fn a_range_is_read_by_the_index_whatever_the_engine_knows_of_the_table() {
    let place = Place::fresh();
    let store = filled(&place).await;
    let query = RangeQuery::new(
        SeriesFilter::named("test", "one"),
        second(0),
        second(10),
        Duration::from_secs(1),
        Aggregate::Last,
    )
    .unwrap();
    let answer = store.1.range(&query, 10).await.unwrap();
    assert_eq!(answer[0].points.len(), 10);
    drop(store);
    let (_, without) = rows_read_in_the_end(&place).await;
    assert_eq!(without, 0, "no row was read without the index");
}

#[tokio::test]
async fn a_page_of_samples_costs_its_own_size_wherever_it_begins() {
    const PAGE: usize = 100;
    let place = Place::fresh();
    let store = filled(&place).await;
    let last = SampleKey::of(&sample("one", second(3_000), 1.0));
    let page = store.1.samples(second(1_000)..second(5_000), Some(&last), PAGE).await.unwrap();
    assert_eq!((page.len(), page[0].collected_at), (PAGE, second(3_001)));
    drop(store);
    let (by_index, without) = rows_read_in_the_end(&place).await;
    assert!(usize::try_from(by_index).unwrap() <= 2 * PAGE, "{by_index} rows for a page of {PAGE}");
    assert_eq!(without, 0, "no row was read without the index");
}
