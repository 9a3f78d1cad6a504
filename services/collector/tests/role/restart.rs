//! The schedule goes on over restarts.

use crate::fakes::{Bus, Does, Running, SECOND, Schedule, Scripted, every};
use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_domain::Timestamp;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test(start_paused = true)]
async fn a_target_waits_out_the_rest_of_its_interval() {
    let target = Scripted::new("t", every(HOUR), Does::Answer(1));
    let schedule = Schedule::default();
    let first = Running::new(std::slice::from_ref(&target), &Bus::default(), &schedule);
    sleep(SECOND).await;
    assert_eq!(target.begun(first.start), [Duration::ZERO]);
    first.stop().await.unwrap();

    let again = Scripted::new("t", every(HOUR), Does::Answer(1));
    let second = Running::new(std::slice::from_ref(&again), &Bus::default(), &schedule);
    sleep(HOUR / 2 + SECOND).await;
    assert_eq!(again.begun(second.start), [], "not early");
    sleep(HOUR / 2 + SECOND).await;
    assert_eq!(again.begun(second.start).len(), 1);
    second.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_overdue_target_is_begun_at_the_start_once() {
    let schedule = Schedule::default();
    schedule.set("t", Timestamp::now().minus(100 * HOUR)).await;
    let target = Scripted::new("t", every(HOUR), Does::Answer(1));
    let running = Running::new(std::slice::from_ref(&target), &Bus::default(), &schedule);
    sleep(HOUR / 2).await;
    assert_eq!(target.begun(running.start), [Duration::ZERO]);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_mark_in_the_future_makes_a_target_wait_no_longer_than_its_interval() {
    let schedule = Schedule::default();
    schedule.set("t", Timestamp::now().plus(100 * HOUR)).await;
    let target = Scripted::new("t", every(HOUR), Does::Answer(1));
    let running = Running::new(std::slice::from_ref(&target), &Bus::default(), &schedule);
    sleep(HOUR + SECOND).await;
    assert_eq!(target.begun(running.start), [HOUR]);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn marks_are_saved_together_and_at_most_once_a_second() {
    let targets: Vec<_> =
        (0..200).map(|n| Scripted::new(format!("t{n}"), every(SECOND), Does::Answer(1))).collect();
    let schedule = Schedule::default();
    let running = Running::new(&targets, &Bus::default(), &schedule);
    sleep(60 * SECOND).await;
    assert!((50..=61).contains(&schedule.writes()), "{} writes", schedule.writes());
    running.stop().await.unwrap();
    assert!(targets.iter().all(|target| schedule.get(&target.name).is_some()));
}

#[tokio::test(start_paused = true)]
async fn collecting_goes_on_while_the_store_is_away_and_marks_are_saved_after() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let (bus, schedule) = (Bus::default(), Schedule::default());
    let running = Running::new(std::slice::from_ref(&target), &bus, &schedule);
    sleep(5 * SECOND).await;
    let saved = schedule.get("t");
    schedule.is_away();
    sleep(60 * SECOND).await;
    assert_eq!(running.status(), "waiting for store: on purpose");
    assert_eq!((bus.values().len(), schedule.get("t")), (7, saved));
    schedule.is_back();
    running.context.roster().ready().await;
    assert!(schedule.get("t") > saved);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_its_marks_no_target_is_begun() {
    let target = Scripted::new("t", every(SECOND), Does::Answer(1));
    let (bus, schedule) = (Bus::default(), Schedule::default());
    schedule.is_away();
    let running = Running::new(std::slice::from_ref(&target), &bus, &schedule);
    sleep(60 * SECOND).await;
    assert_eq!(target.begun(running.start), []);
    assert_eq!(running.status(), "waiting for store: on purpose, for 1m", "the bus is there");
    schedule.is_back();
    running.context.roster().ready().await;
    sleep(SECOND).await;
    assert!(!target.begun(running.start).is_empty());
    running.stop().await.unwrap();
}
