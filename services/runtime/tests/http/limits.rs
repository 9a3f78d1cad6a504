//! Everything that a client can make a listener hold has a bound.

use crate::server::{Server, soon};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use futures_util::{FutureExt, stream};
use hyper::client::conn::http2;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use watchkeeper_runtime::http::{Checked, Limits, body_limit};

const SHORT: Duration = Duration::from_millis(50);

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

fn echo_length() -> Router {
    Router::new().route("/", post(|Checked(body): Checked<Bytes>| async move { body.len().to_string() }))
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let server = Server::with_limits(hello(), Limits { head: SHORT, ..Limits::default() }).await;
    for beginning in [&b""[..], b"GET / HTTP/1.1\r\nHost:", b"PRI * HTTP/2.0\r\n"] {
        let mut connection = server.connect().await;
        connection.write_all(beginning).await.unwrap();
        let mut answer = Vec::new();
        // Whether the end is clean or a reset is the system's choice.
        drop(soon(connection.read_to_end(&mut answer)).await);
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    }
}

#[tokio::test]
async fn a_connection_that_is_idle_is_closed() {
    let server = Server::with_limits(hello(), Limits { idle: SHORT, ..Limits::default() }).await;
    let mut http1 = server.http1().await;
    assert_eq!(http1.send(server.request("GET", "/").body(Body::empty()).unwrap()).await.text(), "hello");
    soon(http1.closed).await.unwrap();

    let mut http2 = server.http2().await;
    let uri = format!("http://{}/", server.address);
    assert_eq!(http2.send(http::Request::get(uri).body(Body::empty()).unwrap()).await.text(), "hello");
    soon(http2.closed).await.unwrap();
}

#[tokio::test]
async fn a_connection_is_kept_between_requests() {
    let server = Server::start(hello()).await;
    let mut connection = server.http1().await;
    for _ in 0..3 {
        let answer = connection.send(server.request("GET", "/").body(Body::empty()).unwrap()).await;
        assert_eq!((answer.text(), &answer.headers["content-length"]), ("hello", &"5".parse().unwrap()));
    }
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused() {
    let server = Server::start(hello()).await;
    let large = server.request("GET", "/").header("x-large", "x".repeat(Limits::HEAD_BYTES as usize));
    assert_eq!(server.send(large.body(Body::empty()).unwrap()).await.status, 431);

    let own = 1; // Host.
    let with_headers = |count| {
        let request =
            (0..count).fold(server.request("GET", "/"), |request, n| request.header(format!("x-{n}"), "x"));
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(server.send(with_headers(Limits::HEADERS - own)).await.status, 200);
    assert_eq!(server.send(with_headers(Limits::HEADERS - own + 1)).await.status, 431);
}

const LIMIT_1000: &str = "the body has more than 1000 bytes, the fixed limit of this path: send it in parts";

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_the_limit() {
    let server = Server::with_limits(echo_length(), Limits { body_bytes: 1000, ..Limits::default() }).await;
    let post = |body: Body| server.send(server.request("POST", "/").body(body).unwrap());
    let chunked = |length: usize| {
        Body::from_stream(stream::once(async move { Ok::<_, Infallible>("x".repeat(length)) }))
    };
    for body in [Body::from("x".repeat(1000)), chunked(1000)] {
        assert_eq!(post(body).await.text(), "1000");
    }
    for body in [Body::from("x".repeat(1001)), chunked(1001)] {
        assert_eq!(post(body).await.detail(413), LIMIT_1000);
    }
}

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_is_sent() {
    let server = Server::with_limits(echo_length(), Limits { body_bytes: 1000, ..Limits::default() }).await;
    let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let request = server.request("POST", "/").header("content-length", "1001").body(never).unwrap();
    assert_eq!(server.http1().await.begin(request).await.status(), 413);
}

#[tokio::test]
async fn a_route_may_have_a_limit_of_its_own() {
    let router = echo_length().route_layer(body_limit(2000));
    let server = Server::with_limits(router, Limits { body_bytes: 1000, ..Limits::default() }).await;
    let post =
        |length| server.send(server.request("POST", "/").body(Body::from("x".repeat(length))).unwrap());
    assert_eq!(post(2000).await.text(), "2000");
    assert!(post(2001).await.detail(413).contains("2000 bytes"));
}

/// A route whose answer begins and never ends.
fn endless() -> Router {
    let body = || async { Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()) };
    hello().route("/endless", get(body))
}

#[tokio::test]
async fn past_the_limit_a_connection_waits_while_all_others_are_at_work() {
    let server = Server::with_limits(endless(), Limits { connections: 1, ..Limits::default() }).await;
    let request = |path| server.request("GET", path).body(Body::empty()).unwrap();
    let mut first = server.http1().await;
    let answer = first.begin(request("/endless")).await;
    let mut second = server.http1().await;
    let mut waiting = Box::pin(second.send(request("/")));
    // Long enough for it to be accepted and looked at, were there a place.
    for _ in 0..100 {
        tokio::task::yield_now().await;
        assert!(waiting.as_mut().now_or_never().is_none());
    }
    drop((answer, first));
    assert_eq!(waiting.await.text(), "hello");
}

#[tokio::test]
async fn past_the_limit_a_connection_takes_the_place_of_one_that_is_idle() {
    let server = Server::with_limits(hello(), Limits { connections: 1, ..Limits::default() }).await;
    let request = || server.request("GET", "/").body(Body::empty()).unwrap();
    let mut first = server.http1().await;
    first.send(request()).await;
    assert_eq!(server.send(request()).await.text(), "hello");
    soon(first.closed).await.unwrap();
}

#[tokio::test]
async fn many_connections_of_one_address_do_not_keep_another_from_an_answer() {
    const MANY: usize = 20;
    // None of them is cut off for what it does not send.
    let patient = Duration::from_secs(3600);
    let limits = Limits { connections: MANY / 2, head: patient, idle: patient, ..Limits::default() };
    let server = Server::with_limits(hello(), limits).await;
    let mut held = Vec::new();
    for number in 0..MANY {
        let mut connection = server.connect_from("127.0.0.2").await;
        // One part says nothing, one part begins a head.
        connection.write_all(&b"GET / HTTP/1.1\r\n"[..number % 2 * 16]).await.unwrap();
        held.push(connection);
    }
    for _ in 0..3 {
        let mut other = server.connect_from("127.0.0.3").await;
        other.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        soon(other.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"), "{answer}");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_refused() {
    let router = Router::new().route("/", post(|_: Bytes| async {})).route("/never", get(pending::<()>));
    let server = Server::with_limits(router, Limits { request: SHORT, ..Limits::default() }).await;
    let problem = server.get("/never").await.problem(503);
    assert_eq!(problem["detail"], "no response within 0.05 s");
    assert_eq!(problem["type"], "urn:watchkeeper:problem:timeout");

    let slow_body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let mut client = server.http1().await;
    assert_eq!(client.begin(server.request("POST", "/").body(slow_body).unwrap()).await.status(), 503);
}

#[tokio::test]
async fn an_answer_that_has_begun_may_last() {
    let (events, received) = mpsc::channel::<Result<&str, Infallible>>(1);
    let body = Arc::new(Mutex::new(Some(Body::from_stream(ReceiverStream::new(received)))));
    let router = Router::new()
        .route("/events", get(async move || body.lock().unwrap().take().unwrap()))
        .route("/never", get(pending::<()>));
    let limits = Limits { request: SHORT, idle: SHORT, stall: SHORT, ..Limits::default() };
    let server = Server::with_limits(router, limits).await;

    let mut client = server.http1().await;
    let answer = client.begin(server.request("GET", "/events").body(Body::empty()).unwrap()).await;
    for _ in 0..3 {
        // Each of these takes as long as the limits.
        server.get("/never").await.problem(503);
    }
    events.send(Ok("still here")).await.unwrap();
    drop(events);
    let text = soon(http_body_util::BodyExt::collect(answer.into_body())).await.unwrap().to_bytes();
    assert_eq!(&text[..], b"still here");
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_cut_off() {
    let (begun, mut at_work) = mpsc::channel(1);
    let endless = async move || {
        let chunks = stream::repeat_with(move || {
            // Once is enough: later ones find the channel full.
            let _: Result<(), _> = begun.try_send(());
            Ok::<_, Infallible>(vec![b'x'; 64 * 1024])
        });
        Body::from_stream(chunks)
    };
    let router = Router::new().route("/", get(endless));
    let limits = Limits { stall: SHORT, drain: Duration::from_secs(3600), ..Limits::default() };
    let server = Server::with_limits(router, limits).await;
    let mut connection = server.connect().await;
    connection.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(soon(at_work.recv()).await, Some(()));
    server.stop.cancel();
    server.ended().await;
}

#[tokio::test]
async fn an_answer_that_a_client_of_http2_makes_no_room_for_is_cut_off() {
    let server = Server::with_limits(hello(), Limits { stall: SHORT, ..Limits::default() }).await;
    let mut without_room = http2::Builder::new(TokioExecutor::new());
    without_room.initial_stream_window_size(0);
    let mut client = server.http2_as(&without_room).await;
    let uri = format!("http://{}/", server.address);
    let answer = client.begin(http::Request::get(uri).body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), 200);
    soon(client.closed).await.unwrap();
}

#[tokio::test]
async fn a_large_answer_reaches_a_client_of_http2_whole() {
    const BYTES: usize = 1_000_000;
    let router = Router::new().route("/", get(|| async { vec![b'x'; BYTES] }));
    let server = Server::start(router).await;
    let uri = format!("http://{}/", server.address);
    let answer = server.http2().await.send(http::Request::get(uri).body(Body::empty()).unwrap()).await;
    assert_eq!((answer.body.len(), &answer.headers["content-length"]), (BYTES, &BYTES.into()));
}
