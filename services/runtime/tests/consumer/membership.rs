//! Partitions that come and go.

use crate::keeper::Keeper;
use crate::stage::{
    Call, Did, Stage, assigned, broken, position_moved, records, rejected, revoked, unavailable,
};

#[tokio::test(start_paused = true)]
async fn an_assigned_partition_goes_on_where_the_consumer_says() {
    let stage = Stage::new();
    stage.gives([assigned(), records(7..8)]);
    let role = stage.run(Keeper::hasty(&stage).beginning_at(7));
    stage.until(&Did::Commit(vec![8]), 1).await;
    role.stop().await.unwrap();
    let begun = [Did::Join, Did::Begin, Did::Seek(7), Did::Commit(vec![7]), Did::Take(vec![7])];
    assert_eq!(stage.done()[..5], begun, "the group has committed 3, and its lag is shown by that");
}

#[tokio::test(start_paused = true)]
async fn a_group_that_has_committed_where_the_store_is_commits_nothing_at_an_assignment() {
    let stage = Stage::new();
    stage.gives([assigned(), records(3..4)]);
    let role = stage.run(Keeper::hasty(&stage).beginning_at(3));
    stage.until(&Did::Commit(vec![4]), 1).await;
    role.stop().await.unwrap();
    assert_eq!(stage.done()[..4], [Did::Join, Did::Begin, Did::Seek(3), Did::Take(vec![3])]);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_does_not_take_where_the_group_begins_stops_nothing() {
    for call in [Call::Lag, Call::Commit] {
        for error in [unavailable(), rejected(), broken()] {
            let stage = Stage::new();
            if call == Call::Lag {
                // The status line asks first.
                stage.fails(Call::Lag, unavailable());
            }
            stage.fails(call, error);
            stage.gives([assigned(), records(7..8)]);
            let role = stage.run(Keeper::hasty(&stage).beginning_at(7));
            stage.until(&Did::Commit(vec![8]), 1).await;
            role.stop().await.unwrap();
            let joined = stage.done().into_iter().filter(|did| *did == Did::Join).count();
            assert_eq!((joined, stage.done().contains(&Did::Fail(call))), (1, true));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_to_begin_is_asked_until_there_is_an_answer() {
    let stage = Stage::new();
    stage.fails(Call::Begin, unavailable());
    stage.fails(Call::Begin, unavailable());
    stage.gives([assigned(), records(7..8)]);
    let role = stage.run(Keeper::hasty(&stage).beginning_at(7));
    stage.until(&Did::Commit(vec![8]), 1).await;
    role.stop().await.unwrap();
    let (begin, fail) = (Did::Begin, Did::Fail(Call::Begin));
    assert_eq!(stage.done()[1..7], [begin.clone(), fail.clone(), begin.clone(), fail, begin, Did::Seek(7)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_hand_of_a_revoked_partition_is_stored_and_committed_before_the_bus_is_asked_again() {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..2), revoked()]);
    let role = stage.run(Keeper::patient(&stage));
    stage.until(&Did::Commit(vec![2]), 1).await;
    stage.until(&Did::Ask(10), 3).await;
    role.stop().await.unwrap();
    assert_eq!(
        stage.everything(),
        [
            Did::Join,
            Did::Ask(10),
            Did::Begin,
            Did::Ask(10),
            Did::Take(vec![0, 1]),
            Did::Ask(8),
            Did::Store(vec![0, 1]),
            Did::Commit(vec![2]),
            Did::Release,
            Did::Ask(10),
            Did::Leave,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_revoked_partition_of_which_nothing_is_in_hand_is_let_go() {
    let stage = Stage::new();
    stage.gives([assigned(), revoked(), assigned(), records(0..1)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Commit(vec![1]), 1).await;
    role.stop().await.unwrap();
    let again = [Did::Join, Did::Begin, Did::Release, Did::Begin, Did::Take(vec![0])];
    assert_eq!(stage.done()[..5], again);
}

#[tokio::test(start_paused = true)]
async fn a_zombie_drops_what_it_has_and_starts_again_where_the_store_is() {
    let stage = Stage::new();
    stage.fails(Call::Store, position_moved());
    stage.gives([assigned(), records(0..2), assigned(), records(5..6)]);
    let role = stage.run(Keeper::hasty(&stage).beginning_at(5));
    stage.until(&Did::Commit(vec![6]), 1).await;
    role.stop().await.unwrap();
    assert_eq!(
        stage.done(),
        [
            Did::Join,
            Did::Begin,
            Did::Seek(5),
            Did::Commit(vec![5]),
            Did::Take(vec![0, 1]),
            Did::Store(vec![0, 1]),
            Did::Fail(Call::Store),
            Did::Leave,
            Did::Forget,
            Did::Join,
            Did::Begin,
            Did::Seek(5),
            Did::Commit(vec![5]),
            Did::Take(vec![5]),
            Did::Store(vec![5]),
            Did::Commit(vec![6]),
            Did::Leave,
        ]
    );
}
