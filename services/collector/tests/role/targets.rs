//! What becomes of what a target answers.

use crate::fakes::{Bus, Does, Running, SECOND, Schedule, Scripted, every};
use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_collector::Timing;

#[tokio::test(start_paused = true)]
async fn each_collection_is_published_once_and_a_failure_repeats_nothing() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let bus = Bus::default();
    let running = Running::new(std::slice::from_ref(&target), &bus, &Schedule::default());
    sleep(15 * SECOND).await;
    assert_eq!(running.status(), "1 target collected, 2 samples/min");
    target.now_does(Does::Fail);
    sleep(10 * SECOND).await;
    assert_eq!(running.status(), "0 of 1 target collected, 2 samples/min");
    target.now_does(Does::Answer(1));
    sleep(10 * SECOND).await;
    assert_eq!(running.status(), "1 target collected, 3 samples/min");
    assert_eq!(bus.values(), [1.0, 2.0, 4.0], "the third collection failed");
    assert_eq!(running.metric("watchkeeper_collector_collections_total", "malformed"), 1.0);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_target_says_of_a_failure_is_published() {
    let target = Scripted::new("t", every(10 * SECOND), Does::FailAndTell);
    let bus = Bus::default();
    let running = Running::new(std::slice::from_ref(&target), &bus, &Schedule::default());
    sleep(15 * SECOND).await;
    assert_eq!(running.status(), "0 of 1 target collected, 2 samples/min");
    assert_eq!(bus.values(), [1.0, 2.0]);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_target_that_refuses_is_left_alone_until_it_said() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Refuse(95 * SECOND));
    let running = Running::new(std::slice::from_ref(&target), &Bus::default(), &Schedule::default());
    sleep(5 * SECOND).await;
    target.now_does(Does::Answer(1));
    sleep(110 * SECOND).await;
    assert_eq!(target.begun(running.start), [Duration::ZERO, 100 * SECOND, 110 * SECOND]);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_collection_that_overruns_its_interval_skips_due_times() {
    let timing = Timing::new(SECOND, Duration::ZERO, 5 * SECOND);
    let target = Scripted::new("t", timing, Does::AnswerAfter(5 * SECOND / 2));
    let running = Running::new(std::slice::from_ref(&target), &Bus::default(), &Schedule::default());
    sleep(8 * SECOND).await;
    assert_eq!(target.begun(running.start), [Duration::ZERO, 3 * SECOND, 6 * SECOND]);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_target_that_panics_ends_the_role_and_is_named() {
    let targets = [
        Scripted::new("good", every(10 * SECOND), Does::Answer(1)),
        Scripted::new("bad", every(10 * SECOND), Does::Panic),
    ];
    let running = Running::new(&targets, &Bus::default(), &Schedule::default());
    let error = running.ended().await.unwrap_err().to_string();
    assert!(error.starts_with("bad: ") && error.contains("on purpose"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn two_targets_of_one_name_are_refused() {
    let target = Scripted::new("t", every(10 * SECOND), Does::Answer(1));
    let running = Running::new(&[target.clone(), target], &Bus::default(), &Schedule::default());
    assert_eq!(running.ended().await.unwrap_err().to_string(), "two targets have the name t");
}
