//! An unavailable engine.

use std::time::Duration;
use tokio::net::TcpListener;
use watchkeeper_adapter_mongodb::{MongoOptions, MongoRollups};
use watchkeeper_ports::{Failure, PortError, RollupStore};

fn options(port: u16) -> MongoOptions {
    MongoOptions {
        url: format!("mongodb://user:secret@127.0.0.1:{port}/"),
        database: None,
        prefix: String::new(),
        timeout: Duration::from_millis(100),
    }
}

fn assert_can_be_waited_for(error: &PortError) {
    assert_eq!(error.failure(), Failure::Retry, "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let store = MongoRollups::new(&options(free)).unwrap();
    assert_can_be_waited_for(&store.check().await.unwrap_err());
    assert_can_be_waited_for(&store.made_until("hourly").await.unwrap_err());
}

#[tokio::test]
async fn a_server_that_never_answers_is_not_waited_for_without_end() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = MongoRollups::new(&options(silent.local_addr().unwrap().port())).unwrap();
    assert_can_be_waited_for(&store.check().await.unwrap_err());
}
