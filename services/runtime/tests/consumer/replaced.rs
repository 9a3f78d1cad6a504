//! A topic that is created anew while it is consumed.

use crate::keeper::Keeper;
use crate::stage::{Call, Did, Stage, assigned, records, unavailable};

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_created_anew_is_begun_anew() {
    let stage = Stage::new();
    stage.gives([assigned(), records(7..8)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Commit(vec![8]), 1).await;
    stage.creates_topic_anew();
    stage.gives([]);
    stage.until(&Did::Join, 2).await;
    stage.gives([assigned(), records(0..1)]);
    stage.until(&Did::Commit(vec![1]), 1).await;
    role.stop().await.unwrap();
    assert_eq!(
        stage.done()[5..],
        [
            Did::Leave,
            Did::Forget,
            Did::Join,
            Did::Begin,
            Did::Take(vec![0]),
            Did::Store(vec![0]),
            Did::Commit(vec![1]),
            Did::Leave
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_has_got_a_partition_is_joined_anew_and_all_partitions_begun() {
    let stage = Stage::new();
    stage.gives([assigned(), records(7..8)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Commit(vec![8]), 1).await;
    stage.adds_a_partition();
    stage.gives([]);
    stage.until(&Did::Join, 2).await;
    stage.gives([assigned(), records(8..9)]);
    stage.until(&Did::Commit(vec![9]), 1).await;
    role.stop().await.unwrap();
    assert_eq!(stage.done()[5..9], [Did::Leave, Did::Forget, Did::Join, Did::Begin]);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_does_not_say_which_topic_it_has_is_asked_again() {
    let stage = Stage::new();
    stage.fails(Call::TopicId, unavailable());
    stage.gives([assigned(), records(0..1)]);
    let role = stage.run(Keeper::hasty(&stage));
    stage.until(&Did::Commit(vec![1]), 1).await;
    role.stop().await.unwrap();
    assert_eq!(stage.done()[..2], [Did::Fail(Call::TopicId), Did::Join]);
}
