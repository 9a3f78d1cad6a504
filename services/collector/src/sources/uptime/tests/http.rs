//! HTTP checks.

use super::{LONG, SOON, by_name, nowhere, probe, target};
use crate::sources::http::served::{serve, serve_always, serve_slowly};
use crate::sources::uptime::config::{Check, HttpCheck, Thresholds};
use crate::sources::uptime::http::MAX_HEAD_BYTES;
use crate::sources::uptime::probe::Prober;
use crate::sources::uptime::status::StatusRange;
use crate::sources::uptime::trust::Trust;
use crate::target::Target as _;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

fn http(url: &str) -> HttpCheck {
    HttpCheck {
        url: url.parse().unwrap(),
        expect: vec![StatusRange::SUCCESS],
        max_redirects: 2,
        trust: Trust::Web,
    }
}

#[tokio::test]
async fn a_url_that_answers_as_expected_is_up_with_latency_and_status() {
    let url = serve_always("well").await;
    let mut target = target(Check::Http(http(&url)), Thresholds { failures: 1, successes: 1 });
    let samples = target.collect().await.unwrap();
    let values = by_name(&samples);
    assert_eq!((values["availability_percent"], values["http_status"], values.len()), (100.0, 200.0, 3));
    assert!(values["latency_seconds"] > 0.0 && values["latency_seconds"] < LONG.as_secs_f64());
}

#[tokio::test]
async fn an_answer_with_another_status_is_down_but_has_a_latency() {
    for status in [401, 403, 404, 429, 500, 503] {
        let url = serve_always(StatusCode::from_u16(status).unwrap()).await;
        let found = probe(&Check::Http(http(&url))).await;
        assert_eq!(found.failure, Some(format!("answered {status}, expected 2xx")));
        assert_eq!(found.status, Some(status));
        assert!(found.latency.is_some());
        let expected = vec!["2xx".parse().unwrap(), status.to_string().parse().unwrap()];
        assert_eq!(probe(&Check::Http(HttpCheck { expect: expected, ..http(&url) })).await.failure, None);
    }
}

#[tokio::test]
async fn redirects_are_followed_up_to_the_bound() {
    let to = |path: &'static str| get(move || async move { Redirect::temporary(path) });
    let routes =
        Router::new().route("/1", to("/2")).route("/2", to("/3")).route("/3", get(|| async { "end" }));
    let url = serve(routes).await + "/1";
    let following = |max_redirects| Check::Http(HttpCheck { max_redirects, ..http(&url) });
    assert_eq!(probe(&following(2)).await.status, Some(200));
    for too_few in [1, 0] {
        let found = probe(&following(too_few)).await;
        assert_eq!(found.failure.as_deref(), Some("answered 307, expected 2xx"), "{too_few}");
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let url = serve_slowly("begun").await;
    assert_eq!(probe(&Check::Http(http(&url))).await.failure, None);
}

#[tokio::test]
async fn a_head_is_read_up_to_its_bound() {
    let with_header = |bytes: usize| serve_always(([("x-long", "x".repeat(bytes))], "well"));
    let fits = with_header(MAX_HEAD_BYTES - 1024).await;
    assert_eq!(probe(&Check::Http(http(&fits))).await.failure, None);
    let too_long = with_header(MAX_HEAD_BYTES).await;
    assert!(probe(&Check::Http(http(&too_long))).await.failure.is_some());
}

#[tokio::test]
async fn a_server_that_never_answers_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let check = Check::Http(http(&format!("http://{}", listener.local_addr().unwrap())));
    let found = Prober::new().probe(&check, SOON).await.unwrap();
    assert_eq!(found.failure.as_deref(), Some("no answer within 200ms"));
    assert_eq!((found.latency, found.status), (None, None));
}

#[tokio::test]
async fn a_server_that_refuses_or_hangs_up_or_speaks_something_else_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hangs_up = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let mut request = [0; 16];
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut request).await.unwrap();
        }
    });
    for address in [nowhere().await, hangs_up] {
        let found = probe(&Check::Http(http(&format!("http://{address}/?key=s3cret")))).await;
        let reason = found.failure.unwrap();
        assert!(!reason.is_empty() && !reason.contains("s3cret"), "{reason}");
    }
}
