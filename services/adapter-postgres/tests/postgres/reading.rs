//! How the engine goes about questions.

use crate::place::Place;
use crate::samples::{batch, midnight, sample};
use std::time::Duration;
use watchkeeper_domain::{Aggregate, RangeQuery, SeriesFilter};

/// How often an index of a day was read, and the rows that were read without one.
async fn scans(place: &Place) -> (i64, i64) {
    let client = place.client().await;
    client.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
    let sql = "SELECT coalesce(sum(idx_scan), 0)::bigint, coalesce(sum(seq_tup_read), 0)::bigint
         FROM pg_stat_user_tables WHERE schemaname = current_schema() AND starts_with(relname, 'samples_')";
    let row = client.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_range_is_read_by_the_index_whatever_the_engine_knows_of_the_table() {
    let place = Place::fresh();
    let store = place.store();
    let samples = store.samples();
    for name in ["one", "other"] {
        let many: Vec<_> = (0..5_000)
            .map(|second| sample(name, midnight(0).plus(Duration::from_secs(second)), 1.0))
            .collect();
        samples.append(&batch(many)).await.unwrap();
    }
    let (from, to) = (midnight(0), midnight(0).plus(Duration::from_secs(10)));
    let query = RangeQuery::new(
        SeriesFilter::named("test", "one"),
        from,
        to,
        Duration::from_secs(1),
        Aggregate::Last,
    )
    .unwrap();
    let answer = samples.range(&query, 10).await.unwrap();
    assert_eq!(answer[0].points.len(), 10);
    // What a connection did is known once it has ended.
    drop((samples, store));
    let counted = async {
        loop {
            let (by_index, without) = scans(&place).await;
            if by_index > 0 {
                return without;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let without = tokio::time::timeout(Duration::from_secs(30), counted).await.unwrap();
    assert_eq!(without, 0, "no row was read without the index");
}
