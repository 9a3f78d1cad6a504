//! Consumers to whom the time that passes is news.

use crate::keeper::Keeper;
use crate::stage::{Call, Did, Stage, assigned, records, unavailable};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn it_is_woken_at_its_time_though_no_records_come_and_nothing_is_stored_for_that() {
    let (stage, start) = (Stage::new(), Instant::now());
    stage.gives([assigned()]);
    let role = stage.run(Keeper::patient(&stage).woken_after([(SECOND, false), (3 * SECOND, false)]));
    stage.until(&Did::Wake, 2).await;
    assert!(start.elapsed() >= 3 * SECOND);
    assert_eq!(stage.time_of(&Did::Wake).duration_since(start).as_secs(), 1);
    role.stop().await.unwrap();
    assert_eq!(stage.done(), [Did::Join, Did::Begin, Did::Wake, Did::Wake, Did::Leave]);
}

#[tokio::test(start_paused = true)]
async fn what_the_time_has_brought_is_stored_at_once_and_no_position_moves_without_records() {
    let stage = Stage::new();
    stage.gives([assigned()]);
    let role = stage.run(Keeper::patient(&stage).woken_after([(SECOND, true)]));
    stage.until(&Did::Store(vec![]), 1).await;
    role.stop().await.unwrap();
    assert_eq!(stage.done(), [Did::Join, Did::Begin, Did::Wake, Did::Store(vec![]), Did::Leave]);
}

#[tokio::test(start_paused = true)]
async fn records_in_hand_are_stored_with_it_once() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..2)]);
    let keeper = Keeper::patient(&stage).lingering(2 * SECOND).woken_after([(SECOND, true)]);
    let role = stage.run(keeper);
    stage.until(&Did::Commit(vec![2]), 1).await;
    sleep(5 * SECOND).await;
    role.stop().await.unwrap();
    let stored = [Did::Wake, Did::Store(vec![0, 1]), Did::Commit(vec![2]), Did::Leave];
    assert_eq!(stage.done()[3..], stored);
}

#[tokio::test(start_paused = true)]
async fn records_that_wait_on_the_bus_do_not_put_it_off() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..2)]);
    let role = stage.run(Keeper::hasty(&stage).woken_after([(Duration::ZERO, false)]));
    stage.until(&Did::Commit(vec![2]), 1).await;
    role.stop().await.unwrap();
    assert_eq!(stage.everything()[..3], [Did::Join, Did::Wake, Did::Ask(10)]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_stored_then_is_tried_again() {
    let stage = Stage::new();
    stage.fails(Call::Store, unavailable());
    stage.gives([assigned(), records(0..2)]);
    let role = stage.run(Keeper::patient(&stage).woken_after([(SECOND, true)]));
    stage.until(&Did::Commit(vec![2]), 1).await;
    role.stop().await.unwrap();
    let store = || Did::Store(vec![0, 1]);
    let again = [Did::Wake, store(), Did::Fail(Call::Store), store(), Did::Commit(vec![2]), Did::Leave];
    assert_eq!(stage.done()[3..], again);
}
