//! What a reload does to the targets.

use crate::fakes::{Bus, Does, Running, SECOND, Schedule, Scripted, every};
use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_domain::Timestamp;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn answering(name: &str) -> Scripted {
    Scripted::new(name, every(10 * SECOND), Does::Answer(1))
}

#[tokio::test(start_paused = true)]
async fn new_targets_begin_removed_ones_end_and_the_others_keep_their_schedule() {
    let [stays, goes, comes] = ["stays", "goes", "comes"].map(answering);
    let running = Running::new(&[stays.clone(), goes.clone()], &Bus::default(), &Schedule::default());
    sleep(15 * SECOND).await;
    running.reload(&[&comes, &stays]);
    sleep(10 * SECOND).await;
    assert_eq!(stays.begun(running.start), [0, 10, 20].map(Duration::from_secs));
    assert_eq!(goes.begun(running.start), [0, 10].map(Duration::from_secs));
    assert_eq!(comes.begun(running.start), [15].map(Duration::from_secs));
    assert_eq!(running.status(), "2 targets collected, 6 samples/min");
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_removed_target_is_collecting_is_still_published_and_marked() {
    let slow = Does::AnswerAfter(SECOND / 2);
    let goes = Scripted::new("goes", every(10 * SECOND), slow);
    let (bus, schedule) = (Bus::default(), Schedule::default());
    let running = Running::new(std::slice::from_ref(&goes), &bus, &schedule);
    sleep(SECOND / 4).await;
    running.reload(&[]);
    sleep(60 * SECOND).await;
    assert_eq!((goes.begun(running.start).len(), bus.values()), (1, vec![1.0]));
    assert!(schedule.get("goes").is_some());
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_changed_target_and_one_that_comes_back_wait_for_the_rest_of_the_interval() {
    let [before, after, other] =
        ["t", "t", "other"].map(|name| Scripted::new(name, every(HOUR), Does::Answer(1)));
    let running = Running::new(&[before.clone(), other.clone()], &Bus::default(), &Schedule::default());
    sleep(SECOND).await;
    running.reload(&[&after]);
    sleep(SECOND).await;
    running.reload(&[&after, &other]);
    // Since the last start less than half an hour has passed by the wall clock, which virtual time does not move.
    sleep(HOUR / 2).await;
    assert_eq!([&before, &after, &other].map(|target| target.begun(running.start).len()), [1, 0, 1]);
    sleep(HOUR).await;
    assert_eq!([&before, &after, &other].map(|target| target.begun(running.start).len()), [1, 1, 2]);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_target_that_failed_is_no_longer_counted_once_it_is_removed() {
    let [stays, goes] = ["stays", "goes"].map(answering);
    goes.now_does(Does::Fail);
    let running = Running::new(&[stays.clone(), goes], &Bus::default(), &Schedule::default());
    sleep(15 * SECOND).await;
    assert_eq!(running.status(), "1 of 2 targets collected, 2 samples/min");
    running.reload(&[&stays]);
    sleep(3 * SECOND).await;
    assert_eq!(running.status(), "1 target collected, 2 samples/min");
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_target_of_a_reload_that_panics_ends_the_role_and_is_named() {
    let [good, bad] = ["good", "bad"].map(answering);
    bad.now_does(Does::Panic);
    let running = Running::new(std::slice::from_ref(&good), &Bus::default(), &Schedule::default());
    sleep(SECOND).await;
    running.reload(&[&good, &bad]);
    let error = running.ended().await.unwrap_err().to_string();
    assert!(error.starts_with("bad: ") && error.contains("on purpose"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_new_target_that_was_begun_before_the_start_waits_too() {
    let (schedule, comes) = (Schedule::default(), answering("comes"));
    schedule.set("comes", Timestamp::now().plus(HOUR)).await;
    let running = Running::new(&[], &Bus::default(), &schedule);
    sleep(SECOND).await;
    running.reload(&[&comes]);
    sleep(9 * SECOND).await;
    assert!(comes.begun(running.start).is_empty());
    sleep(2 * SECOND).await;
    assert_eq!(comes.begun(running.start).len(), 1);
    running.stop().await.unwrap();
}
