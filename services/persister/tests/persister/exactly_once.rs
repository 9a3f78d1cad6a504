//! Restarts, and two at once.

use crate::stage::{Stage, config, records};
use watchkeeper_persister::PersisterConfig;
use watchkeeper_ports::{Delivery, EventBus, Group, Offset, Position, Topic};
use watchkeeper_test_kit::{metrics_partition, soon};

/// Commits to the bus for the persister, whatever it has stored.
async fn commit(stage: &Stage, next: Offset) {
    let mut member = stage.bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    assert!(matches!(soon(member.next(1)).await.unwrap(), Delivery::Assigned(_)));
    member.commit(&[Position { partition: metrics_partition(), next }]).await.unwrap();
}

#[tokio::test]
async fn a_restart_goes_on_where_the_store_is_whatever_was_committed_to_the_bus() {
    for committed in [0, 2, 8] {
        let stage = Stage::new();
        stage.publish(records(0..4)).await;
        let role = stage.run(config());
        stage.samples.comes_to(4).await;
        role.stop_well().await;

        stage.publish(records(4..8)).await;
        commit(&stage, committed).await;
        let role = stage.run(config());
        stage.samples.comes_to(8).await;
        role.stop_well().await;
        assert_eq!(stage.stored().await, (0..8).collect::<Vec<_>>(), "committed {committed}");
        let appended: usize = stage.samples.appends().iter().map(|append| append.items.len()).sum();
        assert_eq!(appended, 8, "nothing was taken twice after {committed} was committed");
    }
}

#[tokio::test]
async fn a_bus_that_was_replaced_is_followed_from_its_first_record_however_far_it_has_come() {
    let stage = Stage::new();
    stage.publish(records(0..2)).await;
    let first = stage.run(config());
    stage.samples.comes_to(2).await;
    first.stop_well().await;
    for published in [2..3, 3..10] {
        let replaced = Stage::new();
        let (records, end) = (records(published.clone()), u64::from(published.end - published.start));
        replaced.publish(records).await;
        let role = stage.run_on(replaced.bus.clone(), config());
        stage.samples.comes_to(end).await;
        role.stop_well().await;
        assert_eq!(stage.stored().await, (0..published.end).collect::<Vec<_>>());
    }
    assert_eq!(stage.position().await, Some(2), "the bus before may still be in use");
}

#[tokio::test]
async fn of_two_that_both_believe_a_partition_theirs_none_stores_what_the_other_has_stored() {
    const RECORDS: u32 = 300;
    let stage = Stage::new();
    let small = || PersisterConfig { batch_records: 7, ..config() };
    let one = stage.run(small());
    let zombie = stage.run_on(stage.bus_of_a_zombie(), small());
    for start in (0..RECORDS).step_by(20) {
        stage.publish(records(start..start + 20)).await;
    }
    stage.samples.comes_to(RECORDS.into()).await;
    one.stop_well().await;
    zombie.stop_well().await;
    assert_eq!(stage.stored().await, (0..RECORDS).collect::<Vec<_>>());
    let mut appended: Vec<_> =
        stage.samples.appends().iter().flat_map(|append| &append.items).map(|sample| sample.value).collect();
    appended.sort_by(f64::total_cmp);
    assert_eq!(appended, (0..RECORDS).map(f64::from).collect::<Vec<_>>());
}
