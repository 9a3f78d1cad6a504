//! Promises of a process to its roles and to whoever waits for its end. What signals do is tested on the
//! program itself.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use prometheus::Registry;
use std::future::pending;
use std::time::Duration;
use tokio::sync::oneshot;
use watchkeeper_runtime::{Ended, Process};

fn process() -> Process {
    Process::new(Registry::new())
}

/// How long anything may take before its test fails: longer than a process waits for its roles.
const PATIENCE: Duration = Duration::from_secs(60);

async fn end(process: Process) -> Ended {
    let end = process.run(|| unreachable!("nobody asks for a reload"));
    tokio::time::timeout(PATIENCE, end).await.expect("it ends in time").unwrap()
}

#[tokio::test]
async fn a_process_that_is_asked_to_stop_lets_its_roles_finish() {
    let mut process = process();
    let (stopping, stop) = (process.shutdown().clone(), process.shutdown().clone());
    let (finish, finished) = oneshot::channel();
    process.spawn("persister", async move {
        stopping.cancelled().await;
        finish.send("all is stored").unwrap();
        Ok(())
    });
    stop.cancel();
    assert_eq!(end(process).await, Ended::Stopped);
    assert_eq!(finished.await, Ok("all is stored"));
}

#[tokio::test]
async fn a_process_without_roles_stops_when_it_is_asked_to() {
    let process = process();
    process.shutdown().cancel();
    assert_eq!(end(process).await, Ended::Stopped);
}

#[tokio::test]
async fn a_role_that_fails_ends_the_process_and_the_others_finish() {
    let mut process = process();
    let stopping = process.context("cache").shutdown().clone();
    let (finish, finished) = oneshot::channel();
    process.spawn("cache", async move {
        stopping.cancelled().await;
        finish.send(()).unwrap();
        Ok(())
    });
    process.spawn("persister", async { Err("the disk is gone".into()) });
    assert_eq!(end(process).await, Ended::Failed("persister: the disk is gone".into()));
    assert_eq!(finished.await, Ok(()));
}

#[tokio::test]
async fn a_role_that_ends_without_being_asked_to_has_failed() {
    let mut process = process();
    process.spawn("collector", async { Ok(()) });
    assert_eq!(end(process).await, Ended::Failed("collector: ended unexpectedly".into()));
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_role() {
    let mut process = process();
    process.spawn("api", async { panic!("index out of bounds") });
    let Ended::Failed(reason) = end(process).await else { unreachable!("it has panicked") };
    assert!(reason.starts_with("api: ") && reason.contains("index out of bounds"), "{reason}");
}

#[tokio::test]
async fn a_role_that_fails_while_it_stops_has_failed() {
    let mut process = process();
    let stopping = process.shutdown().clone();
    process.spawn("persister", async move {
        stopping.cancelled().await;
        Err("the disk is gone".into())
    });
    process.shutdown().cancel();
    assert_eq!(end(process).await, Ended::Failed("persister: the disk is gone".into()));
}

#[tokio::test(start_paused = true)]
async fn roles_that_do_not_finish_in_time_are_named() {
    let mut process = process();
    let stopping = process.shutdown().clone();
    process.spawn("persister", pending());
    process.spawn("http", pending());
    process.spawn("http", pending());
    process.spawn("cache", async move {
        stopping.cancelled().await;
        Ok(())
    });
    process.shutdown().cancel();
    assert_eq!(end(process).await, Ended::CutShort("http, persister".into()));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_does_not_finish_in_time_is_named_after_a_failure_too() {
    let mut process = process();
    process.spawn("http", pending());
    process.spawn("persister", async { Err("the disk is gone".into()) });
    let expected = "persister: the disk is gone (not finished in time: http)";
    assert_eq!(end(process).await, Ended::Failed(expected.into()));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_cut_is_named_with_the_engine_that_does_not_answer() {
    let mut process = process();
    let context = process.context("persister");
    process.roster().set_addresses([("store", "PostgreSQL at db.test:5432".to_owned())].into());
    process.spawn("persister", async move {
        context.dependency("store").up();
        context.shutdown().cancelled().await;
        context.heartbeat("receive").waiting("store", pending::<()>()).await;
        Ok(())
    });
    process.shutdown().cancel();
    let waits = "persister (waiting for store: PostgreSQL at db.test:5432: no answer for 3 s)";
    assert_eq!(end(process).await, Ended::CutShort(waits.into()));
}

#[tokio::test]
async fn what_a_role_says_of_itself_is_seen_through_its_process() {
    let process = process();
    let context = process.context("cache");
    assert_eq!(process.roster().roles()["cache"].to_string(), "starting");
    context.dependency("store").down("connection refused");
    assert_eq!(process.roster().roles()["cache"].to_string(), "waiting for store: connection refused");
    process.shutdown().cancel();
    assert!(context.shutdown().is_cancelled());
}
