//! Collecting goes on while the bus is away.

use crate::fakes::{Does, FakeBus, Health, Running, SECOND, Scripted, every};
use std::sync::Arc;
use tokio::time::sleep;
use watchkeeper_collector::{MAX_BACKLOG_SAMPLES, MAX_BATCH_SAMPLES};

#[tokio::test(start_paused = true)]
async fn samples_wait_for_the_bus_and_arrive_once_and_in_order() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let bus = Arc::new(FakeBus::default());
    let running = Running::new(std::slice::from_ref(&target), &bus, &Arc::default());
    sleep(5 * SECOND).await;
    bus.is_now(Health::Away);
    sleep(60 * SECOND).await;
    assert_eq!(running.status(), "waiting for bus: bus is not available: on purpose");
    assert_eq!(target.begun(running.start).len(), 7, "collecting goes on");
    bus.is_now(Health::Well);
    running.context.roster().ready().await;
    running.stop().await.unwrap();
    assert_eq!(bus.values()[..7], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    assert!(bus.batches()[1].len() >= 6, "what came together goes out together");
}

#[tokio::test(start_paused = true)]
async fn the_role_is_ready_before_its_first_sample_but_not_before_its_bus() {
    let bus = Arc::new(FakeBus::default());
    bus.is_now(Health::Away);
    let running = Running::new(&[], &bus, &Arc::default());
    sleep(SECOND).await;
    assert!(!running.context.roster().is_ready());
    bus.is_now(Health::Well);
    running.context.roster().ready().await;
    assert_eq!(running.status(), "0 targets, 0 failing, 0 samples/min");
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn past_the_limit_the_oldest_are_dropped_and_the_status_says_so() {
    let per_collection = MAX_BACKLOG_SAMPLES / 10;
    let target = Scripted::new("t", every(SECOND), Does::Answer(per_collection));
    let bus = Arc::new(FakeBus::default());
    bus.is_now(Health::Away);
    let running = Running::new(std::slice::from_ref(&target), &bus, &Arc::default());
    sleep(11 * SECOND + SECOND / 2).await;
    target.now_does(Does::Answer(0));
    assert_eq!(2 * per_collection, 20_000, "of which this many are too many");
    sleep(30 * SECOND).await;
    assert_eq!(
        running.status(),
        "waiting for bus: bus is not available: on purpose; 20,000 samples were dropped"
    );
    bus.is_now(Health::Well);
    bus.has(|samples| samples.len() == MAX_BACKLOG_SAMPLES).await;
    sleep(3 * SECOND).await;
    assert_eq!(bus.values()[0], 3.0, "the first two collections were dropped");
    assert!(bus.batches().iter().all(|batch| batch.len() <= MAX_BATCH_SAMPLES));
    let status = running.status();
    assert!(status.ends_with(", 20,000 samples were dropped"), "{status}");
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_bus_rejects_is_dropped_and_what_follows_is_published() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let bus = Arc::new(FakeBus::default());
    bus.is_now(Health::Rejecting);
    let running = Running::new(std::slice::from_ref(&target), &bus, &Arc::default());
    sleep(5 * SECOND).await;
    bus.is_now(Health::Well);
    sleep(10 * SECOND).await;
    assert_eq!(bus.values(), [2.0]);
    assert_eq!(running.metric("watchkeeper_collector_samples_dropped_total", ""), 1.0);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_broken_bus_ends_the_role() {
    let bus = Arc::new(FakeBus::default());
    bus.is_now(Health::Broken);
    let running = Running::new(&[], &bus, &Arc::default());
    assert_eq!(running.ended().await.unwrap_err().to_string(), "bus is unusable: on purpose");
}
