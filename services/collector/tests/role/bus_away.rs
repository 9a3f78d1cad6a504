//! Collecting goes on while the bus is away.

use crate::fakes::{Bus, Does, Health, Running, SECOND, Schedule, Scripted, every};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_collector::MAX_BATCH_SAMPLES;
use watchkeeper_spool::SpoolPort;

#[tokio::test(start_paused = true)]
async fn samples_wait_for_the_bus_and_arrive_once_and_in_order() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let bus = Bus::default();
    let running = Running::new(std::slice::from_ref(&target), &bus, &Schedule::default());
    sleep(5 * SECOND).await;
    bus.is_now(Health::Away);
    sleep(60 * SECOND).await;
    assert_eq!(running.status(), "waiting for bus: on purpose");
    assert_eq!(target.begun(running.start).len(), 7, "collecting goes on");
    bus.is_now(Health::Well);
    running.context.roster().ready().await;
    running.stop().await.unwrap();
    assert_eq!(bus.values()[..7], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    assert!(bus.batches()[1].len() >= 6, "what came together goes out together");
}

#[tokio::test(start_paused = true)]
async fn the_role_is_ready_before_its_first_sample_but_not_before_its_bus() {
    let bus = Bus::default();
    bus.is_now(Health::Away);
    let running = Running::new(&[], &bus, &Schedule::default());
    sleep(SECOND).await;
    assert!(!running.context.roster().is_ready());
    bus.is_now(Health::Well);
    running.context.roster().ready().await;
    assert_eq!(running.status(), "0 targets collected, 0 samples/min");
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn with_a_batch_in_hand_targets_wait_and_nothing_is_dropped() {
    let target = Scripted::new("t", every(SECOND), Does::Answer(MAX_BATCH_SAMPLES));
    let bus = Bus::default();
    bus.is_now(Health::Away);
    let running = Running::new(std::slice::from_ref(&target), &bus, &Schedule::default());
    sleep(10 * SECOND).await;
    assert_eq!(target.begun(running.start).len(), 2, "the second waits for room with what it has");
    target.now_does(Does::Answer(0));
    bus.is_now(Health::Well);
    bus.has(|samples| samples.len() == 2 * MAX_BATCH_SAMPLES).await;
    assert!(bus.values().is_sorted());
    assert!(bus.batches().iter().all(|batch| batch.len() <= MAX_BATCH_SAMPLES));
    assert_eq!(running.metric("watchkeeper_collector_samples_dropped_total", ""), 0.0);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn samples_that_wait_for_room_are_published_when_the_role_stops() {
    let target = Scripted::new("t", every(SECOND), Does::Answer(MAX_BATCH_SAMPLES));
    let bus = Bus::default();
    bus.is_now(Health::Away);
    let running = Running::new(std::slice::from_ref(&target), &bus, &Schedule::default());
    sleep(10 * SECOND).await;
    bus.is_now(Health::Well);
    running.stop().await.unwrap();
    assert_eq!(bus.values().len(), 2 * MAX_BATCH_SAMPLES);
}

/// The spool as the executable opens it, once whoever had it open before has let go of it.
async fn spool_in(directory: &Path) -> Option<SpoolPort> {
    let options = EmbeddedOptions { bus_retention: Duration::ZERO, ..EmbeddedOptions::default() };
    loop {
        if let Ok(bus) = EmbeddedBus::open(directory, &options) {
            return Some(Ok(Arc::new(bus)));
        }
        sleep(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn samples_wait_in_the_spool_and_survive_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let bus = Bus::default();
    bus.is_now(Health::Away);
    let spool = spool_in(directory.path()).await;
    let running = Running::with_spool(std::slice::from_ref(&target), &bus, &Schedule::default(), spool);
    sleep(SECOND).await;
    while running.metric("watchkeeper_collector_spooled_records_total", "") < 3.0 {
        sleep(SECOND).await;
    }
    while !running.status().starts_with("spooling: bus unavailable for ") {
        sleep(SECOND).await;
    }
    assert!(running.context.roster().is_ready(), "nothing is lost, so the role is ready");
    running.kill().await;

    target.now_does(Does::Answer(0));
    bus.is_now(Health::Well);
    let spool = spool_in(directory.path()).await;
    let running = Running::with_spool(&[target], &bus, &Schedule::default(), spool);
    bus.has(|samples| samples.len() >= 3).await;
    assert_eq!(bus.values()[..3], [1.0, 2.0, 3.0]);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_bus_rejects_is_dropped_and_what_follows_is_published() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let bus = Bus::default();
    bus.is_now(Health::Rejecting);
    let running = Running::new(std::slice::from_ref(&target), &bus, &Schedule::default());
    sleep(5 * SECOND).await;
    bus.is_now(Health::Well);
    sleep(10 * SECOND).await;
    assert_eq!(bus.values(), [2.0]);
    assert_eq!(running.metric("watchkeeper_collector_samples_dropped_total", ""), 1.0);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_broken_bus_ends_the_role() {
    let bus = Bus::default();
    bus.is_now(Health::Broken);
    let running = Running::new(&[], &bus, &Schedule::default());
    assert_eq!(running.ended().await.unwrap_err().to_string(), "bus is unusable: on purpose");
}
