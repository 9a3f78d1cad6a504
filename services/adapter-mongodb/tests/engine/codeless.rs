//! A server whose errors have no code.

use crate::scripted;
use mongodb::bson::{Document, doc};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use watchkeeper_adapter_mongodb::{MongoOptions, MongoRollups};
use watchkeeper_port_contract::PATIENCE;
use watchkeeper_ports::{Failure, PortError, RollupStore};

/// Checks a store whose server answers its writes like this, the first with number 0; returns how many there
/// were.
async fn check(write: impl Fn(usize) -> Document + Send + Sync + 'static) -> (Result<(), PortError>, usize) {
    let writes = Arc::new(AtomicUsize::new(0));
    let script = {
        let writes = Arc::clone(&writes);
        move |command: &Document| {
            let is_write = command.contains_key("update");
            if is_write {
                write(writes.fetch_add(1, Ordering::Relaxed))
            } else {
                scripted::nothing_yet(command)
            }
        }
    };
    let url = scripted::start(Arc::new(script)).await;
    let (database, prefix) = (None, String::new());
    let store = MongoRollups::new(&MongoOptions { url, database, prefix, timeout: PATIENCE }).unwrap();
    (store.check().await, writes.load(Ordering::Relaxed))
}

fn assert_waits_for_room(outcome: Result<(), PortError>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.failure(), Failure::Retry, "{error}");
    assert!(error.to_string().contains("no room"), "{error}");
}

fn refused() -> Document {
    doc! { "n": 0, "writeErrors": [{ "index": 0, "errmsg": "no room" }], "ok": 1 }
}

#[tokio::test]
async fn a_command_that_fails_is_an_error_with_its_reason() {
    let (outcome, writes) = check(|_| doc! { "errmsg": "no room", "ok": 0 }).await;
    assert_waits_for_room(outcome);
    assert_eq!(writes, 1);
}

#[tokio::test]
async fn a_write_that_stays_refused_is_an_error_with_its_reason() {
    let (outcome, writes) = check(|_| refused()).await;
    assert_waits_for_room(outcome);
    assert_eq!(writes, 3);
}

#[tokio::test]
async fn a_write_that_lost_against_another_is_made_again() {
    let (outcome, writes) = check(|number| {
        if number == 0 {
            refused()
        } else {
            doc! { "n": 1, "ok": 1 }
        }
    })
    .await;
    outcome.unwrap();
    assert_eq!(writes, 2);
}

#[tokio::test]
async fn a_write_that_is_not_durable_is_an_error_with_its_reason() {
    let concern = doc! { "errmsg": "no room" };
    let (outcome, _) = check(move |_| doc! { "n": 1, "writeConcernError": concern.clone(), "ok": 1 }).await;
    assert_waits_for_room(outcome);
}
