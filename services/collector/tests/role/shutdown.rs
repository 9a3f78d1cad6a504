//! What is in hand when the role is asked to stop.

use crate::fakes::{Bus, Does, Health, Running, SECOND, Schedule, Scripted, every};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use watchkeeper_collector::{FINISH_WITHIN, FLUSH_WITHIN, Timing};

#[tokio::test(start_paused = true)]
async fn a_collection_under_way_is_finished_published_and_marked() {
    let target = Scripted::new("t", every(10 * SECOND), Does::AnswerAfter(SECOND / 2));
    let (bus, schedule) = (Bus::default(), Schedule::default());
    let running = Running::new(std::slice::from_ref(&target), &bus, &schedule);
    sleep(SECOND / 10).await;
    running.stop().await.unwrap();
    assert_eq!(bus.values(), [1.0]);
    assert!(schedule.get("t").is_some());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_after_the_role_was_asked_to_stop() {
    let targets = [
        Scripted::new("slow", every(SECOND), Does::AnswerAfter(SECOND * 9 / 10)),
        Scripted::new("fast", every(SECOND), Does::Answer(1)),
    ];
    let running = Running::new(&targets, &Bus::default(), &Schedule::default());
    sleep(SECOND / 2).await;
    let start = running.start;
    running.stop().await.unwrap();
    sleep(10 * SECOND).await;
    assert!(targets.iter().all(|target| target.begun(start).len() == 1));
}

#[tokio::test(start_paused = true)]
async fn a_role_whose_targets_hang_and_whose_bus_is_away_stops_within_its_bounds() {
    let hangs = Timing::new(10 * SECOND, Duration::ZERO, 15 * SECOND);
    let targets = [
        Scripted::new("hangs", hangs, Does::Hang),
        Scripted::new("well", every(10 * SECOND), Does::Answer(1)),
    ];
    let (bus, schedule) = (Bus::default(), Schedule::default());
    bus.is_now(Health::Away);
    let running = Running::new(&targets, &bus, &schedule);
    sleep(SECOND).await;
    let asked = Instant::now();
    running.stop().await.unwrap();
    assert_eq!(asked.elapsed(), FINISH_WITHIN + FLUSH_WITHIN);
    assert!(schedule.get("well").is_some(), "the marks are saved all the same");
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_comes_back_in_time_gets_the_last_samples() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let bus = Bus::default();
    bus.is_now(Health::Away);
    let running = Running::new(std::slice::from_ref(&target), &bus, &Schedule::default());
    sleep(SECOND).await;
    let comes_back = async {
        sleep(SECOND).await;
        bus.is_now(Health::Well);
    };
    let (stopped, ()) = tokio::join!(running.stop(), comes_back);
    stopped.unwrap();
    assert_eq!(bus.values(), [1.0]);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_waits_for_its_store_stops_at_once() {
    let schedule = Schedule::default();
    schedule.is_away();
    let running = Running::new(&[], &Bus::default(), &schedule);
    sleep(SECOND).await;
    let asked = Instant::now();
    running.stop().await.unwrap();
    assert_eq!(asked.elapsed(), Duration::ZERO);
}
