//! A store or a bus that cannot be used.

use crate::keeper::Keeper;
use crate::stage::{Call, Did, Stage, assigned, broken, records, rejected, unavailable};
use std::sync::Arc;

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_tried_again_with_the_same_records_and_nothing_is_lost() {
    let stage = Stage::new();
    (0..3).for_each(|_| stage.fails(Call::Store, unavailable()));
    stage.gives([assigned(), records(0..2), records(2..3)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Fail(Call::Store), 2).await;
    assert!(role.status().starts_with("waiting for shelf: connection refused"), "{}", role.status());
    stage.until(&Did::Commit(vec![3]), 1).await;
    assert!(role.context.roster().is_ready());
    role.stop().await.unwrap();
    assert_eq!(
        stage.everything()[4..],
        [
            Did::Take(vec![0, 1]),
            Did::Store(vec![0, 1]),
            Did::Fail(Call::Store),
            Did::Store(vec![0, 1]),
            Did::Fail(Call::Store),
            Did::Store(vec![0, 1]),
            Did::Fail(Call::Store),
            Did::Store(vec![0, 1]),
            Did::Commit(vec![2]),
            Did::Ask(10),
            Did::Take(vec![2]),
            Did::Store(vec![2]),
            Did::Commit(vec![3]),
            Did::Ask(10),
            Did::Leave,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_before_the_store_can_be_used() {
    let stage = Stage::new();
    (0..3).for_each(|_| stage.fails(Call::Check, unavailable()));
    stage.gives([assigned(), records(0..1)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Commit(vec![1]), 1).await;
    role.stop().await.unwrap();
    let fail = || Did::Fail(Call::Check);
    assert_eq!(stage.done()[..4], [fail(), fail(), fail(), Did::Join]);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_away_is_joined_when_it_is_there() {
    let stage = Stage::new();
    (0..3).for_each(|_| stage.fails(Call::Subscribe, unavailable()));
    stage.gives([assigned(), records(0..1)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Fail(Call::Subscribe), 2).await;
    assert!(role.status().starts_with("waiting for bus: connection refused"), "{}", role.status());
    stage.until(&Did::Commit(vec![1]), 1).await;
    assert!(role.context.roster().is_ready());
    role.stop().await.unwrap();
}

/// Two records are taken, then `fails` happens, and they are taken once more. `stores` and `commits` are
/// how often each was tried.
async fn joins_again(
    keeper: fn(&Arc<Stage>) -> Keeper,
    fails: fn(&Stage),
    (stores, commits): (usize, usize),
) {
    let stage = Stage::new();
    stage.gives([assigned(), records(0..2)]);
    fails(&stage);
    stage.gives([assigned(), records(0..2)]);
    let role = stage.run(keeper(&stage));
    stage.until(&Did::Take(vec![0, 1]), 2).await;
    assert!(role.context.roster().is_ready());
    role.stop().await.unwrap();
    let done = stage.done();
    let count = |did| done.iter().filter(|done| **done == did).count();
    assert_eq!((count(Did::Join), count(Did::Forget), count(Did::Leave)), (2, 1, 2), "{done:?}");
    assert_eq!((count(Did::Store(vec![0, 1])), count(Did::Commit(vec![2]))), (stores, commits), "{done:?}");
    assert_eq!(done[done.len() - 2..], [Did::Commit(vec![2]), Did::Leave]);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_of_the_bus_the_group_is_joined_again_and_what_was_in_hand_comes_again() {
    joins_again(Keeper::patient, |stage| stage.gives_failure(unavailable()), (1, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_stored_and_not_committed_is_taken_again() {
    joins_again(Keeper::hasty, |stage| stage.fails(Call::Commit, unavailable()), (2, 2)).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_the_consumer_did_not_deal_with_ends_the_role() {
    for call in [Call::Store, Call::Commit] {
        let stage = Stage::new();
        stage.fails(call, rejected());
        stage.gives([assigned(), records(0..1)]);
        let error = stage.run(Keeper::hasty(&stage)).ended().await.unwrap_err();
        assert_eq!(error.to_string(), "it refuses the input: too long", "{call:?}");
        assert_eq!(stage.done().iter().filter(|did| **did == Did::Join).count(), 1, "{call:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_seek_that_fails_is_made_again_in_a_new_membership() {
    let stage = Stage::new();
    stage.fails(Call::Seek, unavailable());
    stage.gives([assigned(), assigned(), records(5..6)]);
    let role = stage.run(Keeper::hasty(&stage).beginning_at(5));
    stage.until(&Did::Commit(vec![6]), 1).await;
    role.stop().await.unwrap();
    let again = [
        Did::Seek(5),
        Did::Fail(Call::Seek),
        Did::Leave,
        Did::Forget,
        Did::Join,
        Did::Begin,
        Did::Seek(5),
        Did::Commit(vec![5]),
        Did::Take(vec![5]),
    ];
    assert_eq!(stage.done()[2..11], again);
}

#[tokio::test(start_paused = true)]
async fn what_only_a_restart_helps_ends_the_role() {
    for call in [Call::Check, Call::Subscribe, Call::Begin, Call::Seek, Call::Store, Call::Commit] {
        let stage = Stage::new();
        stage.fails(call, broken());
        stage.gives([assigned(), records(3..4)]);
        let role = stage.run(Keeper::hasty(&stage).beginning_at(3));
        let error = role.ended().await.unwrap_err();
        assert_eq!(error.to_string(), "it is unusable: damaged", "{call:?}");
        assert_eq!(
            stage.done().iter().filter(|did| **did == Did::Join).count(),
            usize::from(call != Call::Check),
            "{call:?}"
        );
    }
    let stage = Stage::new();
    stage.gives_failure(broken());
    let error = stage.run(Keeper::hasty(&stage)).ended().await.unwrap_err();
    assert_eq!(error.to_string(), "it is unusable: damaged");
}
