//! When what is in hand is stored, and what comes before what.

use crate::keeper::Keeper;
use crate::stage::{Did, Stage, assigned, records};
use std::time::Duration;
use tokio::time::sleep;

const LINGER: Duration = Duration::from_millis(100);

#[tokio::test(start_paused = true)]
async fn records_are_stored_before_they_are_committed() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..3), records(3..4)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Commit(vec![4]), 1).await;
    role.stop().await.unwrap();
    assert_eq!(
        stage.done(),
        [
            Did::Join,
            Did::Begin,
            Did::Take(vec![0, 1, 2]),
            Did::Store(vec![0, 1, 2]),
            Did::Commit(vec![3]),
            Did::Take(vec![3]),
            Did::Store(vec![3]),
            Did::Commit(vec![4]),
            Did::Leave,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_oldest_record_in_hand_waits_at_most_as_long_as_it_may() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..1)]);
    let role = stage.run(Keeper::patient(&stage).lingering(LINGER));
    stage.until(&Did::Take(vec![0]), 1).await;
    sleep(LINGER * 6 / 10).await;
    stage.gives([records(1..2)]);
    stage.until(&Did::Commit(vec![2]), 1).await;
    let waited = stage.time_of(&Did::Store(vec![0, 1])) - stage.time_of(&Did::Take(vec![0]));
    assert!((LINGER..LINGER * 11 / 10).contains(&waited), "{waited:?} of virtual time");

    sleep(LINGER * 10).await;
    stage.gives([records(2..3)]);
    stage.until(&Did::Commit(vec![3]), 1).await;
    let waited = stage.time_of(&Did::Store(vec![2])) - stage.time_of(&Did::Take(vec![2]));
    assert!((LINGER..LINGER * 11 / 10).contains(&waited), "the next batch has a time of its own: {waited:?}");
    role.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_full_batch_is_stored_at_once() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..6), records(6..10), records(10..11)]);
    let role = stage.run(Keeper::patient(&stage));
    stage.until(&Did::Take(vec![10]), 1).await;
    let full = Did::Store((0..10).collect());
    assert_eq!(stage.time_of(&full), stage.time_of(&Did::Take(vec![6, 7, 8, 9])));
    role.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_more_is_asked_for_than_there_is_room_for() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..6), records(6..9), records(9..10)]);
    let role = stage.run(Keeper::patient(&stage));
    stage.until(&Did::Commit(vec![10]), 1).await;
    stage.until(&Did::Ask(10), 3).await;
    role.stop().await.unwrap();
    let asked = stage.everything().into_iter().filter(|did| matches!(did, Did::Ask(_)));
    assert_eq!(asked.collect::<Vec<_>>(), [10, 10, 4, 1, 10].map(Did::Ask));
}
