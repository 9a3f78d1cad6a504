//! What a consumer says of itself.

use crate::keeper::Keeper;
use crate::stage::{Call, Did, Stage, assigned, records, unavailable};
use std::time::Duration;
use tokio::time::sleep;

/// Past the first report that counts anything.
const SOON: Duration = Duration::from_millis(2_500);

#[tokio::test(start_paused = true)]
async fn the_status_and_the_metrics_tell_rate_lag_and_commits() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..8), records(8..10)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Commit(vec![10]), 1).await;
    sleep(SOON).await;
    assert_eq!(role.status(), "5 records/s, lag 7, last commit 2 s ago");
    assert_eq!(role.metric("watchkeeper_consumer_records_total").to_string(), "10");
    assert_eq!(role.metric("watchkeeper_consumer_commits_total").to_string(), "2");
    assert_eq!(role.metric("watchkeeper_consumer_lag_records").to_string(), "7");
    sleep(SOON).await;
    assert_eq!(
        role.status(),
        "0 records/s, lag 7, last commit 4 s ago",
        "the rate is that of the last report"
    );
    role.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lag_that_the_bus_does_not_tell_is_unknown_and_stops_nothing() {
    let stage = Stage::new();
    stage.fails(Call::Lag, unavailable());
    stage.fails(Call::Lag, unavailable());
    stage.gives([assigned(), records(0..2)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Commit(vec![2]), 1).await;
    sleep(SOON).await;
    assert_eq!(role.status(), "1 records/s, lag unknown, last commit 2 s ago");
    role.stop().await.unwrap();
}
