//! How a listener ends.

use crate::server::{Server, soon};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use std::future::pending;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use watchkeeper_runtime::http::Limits;

/// Drain is as long as the tests' patience: whatever ends sooner has not waited for it.
fn patient() -> Limits {
    Limits { drain: Duration::from_secs(3600), ..Limits::default() }
}

#[tokio::test]
async fn the_request_in_hand_is_answered_and_no_other_taken() {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begun_there, finish_there) = (begun.clone(), finish.clone());
    let slow = move || async move {
        begun_there.notify_one();
        finish_there.notified().await;
        "done"
    };
    let server = Server::with_limits(Router::new().route("/", get(slow)), patient()).await;
    let mut client = server.http1().await;
    let request = server.request("GET", "/").body(Body::empty()).unwrap();
    let answer = tokio::spawn(async move { client.send(request).await });
    soon(begun.notified()).await;

    server.stop.cancel();
    let refused = async {
        loop {
            match TcpStream::connect(server.address).await {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => break,
                // It was in the accept queue when the listener ended, or the listener is yet to end.
                _ => tokio::task::yield_now().await,
            }
        }
    };
    soon(refused).await;
    finish.notify_one();
    let answer = soon(answer).await.unwrap();
    assert_eq!((answer.text(), &answer.headers["connection"]), ("done", &"close".parse().unwrap()));
    server.ended().await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let server = Server::with_limits(Router::new().route("/", get(|| async { "hello" })), patient()).await;
    let silent = server.connect().await;
    let mut http1 = server.http1().await;
    http1.send(server.request("GET", "/").body(Body::empty()).unwrap()).await;
    let mut http2 = server.http2().await;
    let uri = format!("http://{}/", server.address);
    http2.send(http::Request::get(uri).body(Body::empty()).unwrap()).await;

    server.stop.cancel();
    server.ended().await;
    soon(http1.closed).await.unwrap();
    soon(http2.closed).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off_at_the_deadline() {
    let begun = Arc::new(Notify::new());
    let begun_there = begun.clone();
    let never = move || async move {
        begun_there.notify_one();
        pending::<()>().await;
    };
    let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
    let server = Server::with_limits(Router::new().route("/", get(never)), limits).await;
    let mut client = server.http1().await;
    let request = server.request("GET", "/").body(Body::empty()).unwrap();
    let answer = tokio::spawn(async move { client.send(request).await });
    soon(begun.notified()).await;
    server.stop.cancel();
    server.ended().await;
    assert!(soon(answer).await.is_err(), "the connection is gone");
}

#[tokio::test]
async fn a_connection_that_was_accepted_before_the_end_gets_its_request_answered() {
    let server = Server::with_limits(Router::new().route("/", get(|| async { "hello" })), patient()).await;
    let mut early = server.connect().await;
    // They are accepted in order: the first has been, when a later one is answered.
    server.get("/").await;
    early.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    server.stop.cancel();
    let mut answer = String::new();
    soon(early.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "{answer}");
    server.ended().await;
}
