//! The end of a consumer.

use crate::keeper::Keeper;
use crate::stage::{Call, Did, Stage, assigned, records, unavailable};

#[tokio::test(start_paused = true)]
async fn what_is_in_hand_is_stored_and_committed_and_nothing_more_is_taken() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..2)]);
    let role = stage.run(Keeper::patient(&stage));
    stage.until(&Did::Take(vec![0, 1]), 1).await;
    stage.until(&Did::Ask(8), 1).await;
    role.context.shutdown().cancel();
    stage.gives([records(2..3)]);
    role.ended().await.unwrap();
    assert_eq!(stage.done()[3..], [Did::Store(vec![0, 1]), Did::Commit(vec![2]), Did::Leave]);
}

#[tokio::test(start_paused = true)]
async fn with_nothing_in_hand_nothing_is_stored() {
    let stage = Stage::new();
    stage.gives([assigned()]);
    let role = stage.run(Keeper::patient(&stage));
    stage.until(&Did::Begin, 1).await;
    role.stop().await.unwrap();
    assert_eq!(stage.done(), [Did::Join, Did::Begin, Did::Leave]);
}

#[tokio::test(start_paused = true)]
async fn what_an_assignment_takes_is_not_waited_for() {
    let stage = Stage::new();
    stage.gives([assigned()]);
    let role = stage.run(Keeper::patient(&stage).never_beginning());
    stage.until(&Did::Begin, 1).await;
    role.stop().await.unwrap();
    assert_eq!(stage.done(), [Did::Join, Did::Begin, Did::Leave]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_stored_is_tried_once_and_not_committed() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..2)]);
    let role = stage.run(Keeper::patient(&stage));
    stage.until(&Did::Take(vec![0, 1]), 1).await;
    (0..2).for_each(|_| stage.fails(Call::Store, unavailable()));
    role.stop().await.unwrap();
    assert_eq!(stage.done()[3..], [Did::Store(vec![0, 1]), Did::Fail(Call::Store), Did::Leave]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_dependency_that_is_away() {
    for call in [Call::Check, Call::Subscribe, Call::Begin, Call::Store] {
        let stage = Stage::new();
        stage.gives([assigned(), records(0..2)]);
        stage.fails(call, unavailable());
        let role = stage.run(Keeper::hasty(&stage));
        stage.until(&Did::Fail(call), 1).await;
        role.stop().await.unwrap();
        assert!(!stage.done().contains(&Did::Commit(vec![2])), "{call:?}");
    }
}
