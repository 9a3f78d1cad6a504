//! What becomes of records while the bus is away.

use crate::full_disk::FullDisk;
use crate::scripted_bus::Turn;
use crate::stage::{MUCH, PATIENCE, Role, events, record, spool_in};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use watchkeeper_ports::{EventBus as _, Failure, Group, Topic};
use watchkeeper_spool::SpoolState;

#[tokio::test(start_paused = true)]
async fn records_are_accepted_while_the_bus_is_away_and_replayed_in_order() {
    let role = Role::start(MUCH);
    role.context.roster().ready().await;
    role.bus.then(Turn::Refuse);
    role.accepted(&["a", "b", "c"]).await;
    role.is_in_the_end(|state| matches!(state, SpoolState::Spooling { waiting: 3, .. })).await;
    assert!(role.context.roster().is_ready(), "records are taken, so the role is ready");
    assert_eq!(role.metric("watchkeeper_test_spool_records"), 3);

    role.bus.then(Turn::Take);
    role.taken(&["a", "b", "c"]).await;
    assert_eq!(role.metric("watchkeeper_test_spooled_records_total"), 3);
    role.is_direct().await;
    role.is_in_the_end(|state| state == SpoolState::Idle).await;
    assert_eq!(role.metric("watchkeeper_test_spool_records"), 0);
    assert!(role.metric("watchkeeper_test_spool_forwarded_records_total") >= 3);
    role.context.shutdown().cancel();
    assert!(role.running.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_waits_at_the_end_is_there_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let kept = directory.path().to_owned();
    let first = Role::with(tempfile::tempdir().unwrap(), Ok(spool_in(&kept, MUCH)));
    first.bus.then(Turn::Refuse);
    first.accepted(&["a", "b"]).await;
    first.context.shutdown().cancel();
    first.running.await.unwrap().unwrap();
    drop(first.spooled);

    let second = Role::with(directory, Ok(spool_in(&kept, MUCH)));
    second.taken(&["a", "b"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_does_not_answer_in_time_is_away() {
    let role = Role::start(MUCH);
    role.is_direct().await;
    role.bus.then(Turn::Hang);
    role.accepted(&["a", "b"]).await;
    role.bus.then(Turn::Take);
    let comes =
        timeout(PATIENCE, role.bus.until(|bus| bus.keys(&events()).ends_with(&["a".into(), "b".into()])));
    assert!(comes.await.is_ok(), "{:?}", role.bus.keys(&events()));
}

#[tokio::test(start_paused = true)]
async fn a_full_spool_refuses_until_the_bus_is_back_and_nothing_is_lost() {
    let role = Role::start(1_000);
    role.bus.then(Turn::Refuse);
    let mut accepted = Vec::new();
    let full = loop {
        let key = format!("s{}", accepted.len());
        if let Err(error) = role.publish(&key).await {
            break error;
        }
        accepted.push(key);
    };
    assert_eq!(full.failure(), Failure::Retry);
    assert!(full.to_string().starts_with("spool unavailable: the backlog of events is full"), "{full}");
    assert!(role.says().contains("waiting for spool: the backlog of events is full"));

    role.bus.then(Turn::Take);
    let accepted: Vec<_> = accepted.iter().map(String::as_str).collect();
    role.taken(&accepted).await;
    role.is_direct().await;
    timeout(PATIENCE, role.context.roster().ready()).await.unwrap();
}

/// In real time, because paused time stands still while there is something to do.
#[tokio::test]
async fn under_constant_load_records_go_directly_again() {
    let role = Role::start(MUCH);
    role.bus.then(Turn::Refuse);
    role.accepted(&["first"]).await;
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let spooled = role.spooled.clone();
            tokio::spawn(async move {
                loop {
                    spooled.publish(&events(), record(&format!("load{sender}"))).await.unwrap();
                    // The scripted bus never lets anybody wait.
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    role.bus.then(Turn::Take);
    role.is_direct().await;
    senders.iter().for_each(JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn records_that_the_bus_never_takes_go_to_the_dead_letters_and_hold_nothing_up() {
    let role = Role::start(MUCH);
    role.bus.then(Turn::Refuse);
    role.accepted(&["a", "b", "c"]).await;
    role.bus.then(Turn::AtMost(1));
    role.taken(&["a", "b", "c"]).await;

    role.bus.then(Turn::Refuse);
    role.accepted(&["d"]).await;
    role.bus.then(Turn::AtMost(0));
    let dead = events().dead_letters();
    let buried = timeout(PATIENCE, role.bus.until(|bus| !bus.batches(&dead).is_empty())).await;
    assert!(buried.is_ok());
    assert_eq!(role.bus.keys(&dead), ["d"]);
    role.bus.then(Turn::Take);
    role.is_direct().await;
    assert_eq!(role.metric("watchkeeper_test_spool_rejected_records_total"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_keeps_no_record_from_a_bus_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let disk = FullDisk::new(spool_in(directory.path(), MUCH));
    let role = Role::with(directory, Ok(disk.clone()));
    role.accepted_in_the_end("a").await;
    let full = "waiting for spool: database or disk is full";
    role.says_in_the_end(|says| says == full).await;
    role.bus.then(Turn::Refuse);
    assert_eq!(role.publish("b").await.unwrap_err().failure(), Failure::Retry);
    role.bus.then(Turn::Take);
    role.accepted_in_the_end("b").await;
    role.taken(&["a", "b"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_full_disk_cannot_commit_is_passed_on_once_by_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let disk = FullDisk::new(spool_in(directory.path(), MUCH));
    disk.has_room(true);
    let role = Role::with(directory, Ok(disk.clone()));
    role.bus.then(Turn::Refuse);
    role.accepted(&["a", "b"]).await;
    disk.is_joined().await;
    disk.has_room(false);
    role.bus.then(Turn::Take);
    role.taken(&["a", "b"]).await;
    role.accepted_in_the_end("c").await;
    role.taken(&["a", "b", "c"]).await;
    disk.has_room(true);
    timeout(PATIENCE, role.context.roster().ready()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_broken_ends_the_role() {
    let role = Role::start(MUCH);
    role.is_direct().await;
    role.bus.then(Turn::Broken);
    assert_eq!(role.publish("a").await.unwrap_err().failure(), Failure::Stop);
    assert!(role.running.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_topic_whose_records_wait_keeps_no_other_from_the_bus() {
    let role = Role::start(MUCH);
    role.bus.refuse(events());
    role.accepted(&["a", "b"]).await;
    role.spooled.publish(&Topic::METRICS, record("other")).await.unwrap();
    assert_eq!(role.bus.keys(&Topic::METRICS), ["other"], "it has gone directly");
    assert!(role.bus.keys(&events()).is_empty());
    role.accepted(&["c"]).await;
    role.bus.refuse(Topic::METRICS);
    role.taken(&["a", "b", "c"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_spool_that_the_version_before_has_left_is_forwarded() {
    let directory = tempfile::tempdir().unwrap();
    let spool = spool_in(directory.path(), MUCH);
    drop(spool.subscribe(&Topic::METRICS, &Group::named("forwarders")).await.unwrap());
    spool.publish(&Topic::METRICS, record("left")).await.unwrap();
    drop(spool);

    let spool = spool_in(directory.path(), MUCH);
    let role = Role::with(directory, Ok(spool));
    let comes = timeout(PATIENCE, role.bus.until(|bus| bus.keys(&Topic::METRICS) == ["left"]));
    assert!(comes.await.is_ok(), "{:?}", role.bus.keys(&Topic::METRICS));
}
