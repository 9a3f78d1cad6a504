//! Promises of the admin paths.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use prometheus::IntGauge;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::advance;
use tower::ServiceExt as _;
use watchkeeper_runtime::{MAX_BUSY, Process, telemetry};

fn process() -> Process {
    Process::new(telemetry::registry("1.2.3", "0123456789ab").unwrap())
}

/// The status, the content type and the body.
async fn get(process: &Process, path: &str) -> (StatusCode, String, String) {
    let answer = process
        .admin()
        .merge(process.liveness())
        .oneshot(Request::get(path).body(Body::empty()).unwrap())
        .await
        .unwrap();
    let content_type = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
    let (status, body) = (answer.status(), to_bytes(answer.into_body(), 1 << 20).await.unwrap());
    (status, content_type, String::from_utf8(body.to_vec()).unwrap())
}

async fn health(process: &Process, path: &str) -> (StatusCode, Value) {
    let (status, content_type, body) = get(process, path).await;
    assert_eq!(content_type, "application/json");
    (status, serde_json::from_str(&body).unwrap())
}

fn ok() -> (StatusCode, Value) {
    (StatusCode::OK, json!({"status": "ok"}))
}

#[tokio::test]
async fn a_process_is_ready_once_every_role_has_all_it_depends_on() {
    let process = process();
    assert_eq!(health(&process, "/readyz").await, ok(), "without roles there is nothing to wait for");
    let (cache, persister) = (process.context("cache"), process.context("persister"));
    let (bus, store) = (persister.dependency("bus"), persister.dependency("store"));
    cache.dependency("bus").up();
    store.down("store unavailable: connection refused");
    let missing = |missing: Value| {
        (StatusCode::SERVICE_UNAVAILABLE, json!({"status": "waiting", "missing": {"persister": missing}}))
    };
    assert_eq!(
        health(&process, "/readyz").await,
        missing(json!({"bus": "not reached yet", "store": "connection refused"}))
    );
    bus.up();
    assert_eq!(health(&process, "/readyz").await, missing(json!({"store": "connection refused"})));
    store.up();
    assert_eq!(health(&process, "/readyz").await, ok());
}

#[tokio::test(start_paused = true)]
async fn a_process_is_alive_while_no_loop_hangs_whatever_it_waits_for() {
    let process = process();
    let context = process.context("persister");
    let _missing = context.dependency("bus");
    let (receive, prune) = (context.heartbeat("receive"), context.heartbeat("prune"));
    advance(MAX_BUSY).await;
    assert_eq!(health(&process, "/livez").await, ok());
    prune.idle(async {}).await;
    advance(Duration::from_millis(1)).await;
    let hung = json!({"status": "hung", "hung": ["persister.receive"]});
    assert_eq!(health(&process, "/livez").await, (StatusCode::SERVICE_UNAVAILABLE, hung));
    receive.idle(async {}).await;
    assert_eq!(health(&process, "/livez").await, ok());
}

#[tokio::test]
async fn the_metrics_are_those_of_the_process_and_of_its_roles() {
    let process = process();
    let gauge = IntGauge::new("watchkeeper_test_lag", "For the test.").unwrap();
    gauge.set(7);
    process.context("persister").registry().register(Box::new(gauge)).unwrap();
    let (status, content_type, body) = get(&process, "/metrics").await;
    assert_eq!((status, content_type.as_str()), (StatusCode::OK, "text/plain; version=0.0.4"));
    for line in [
        "# TYPE watchkeeper_build_info gauge",
        r#"watchkeeper_build_info{commit="0123456789ab",version="1.2.3"} 1"#,
        "# HELP watchkeeper_test_lag For the test.",
        "watchkeeper_test_lag 7",
    ] {
        assert!(body.lines().any(|found| found == line), "{line} is missing in {body}");
    }
    assert!(body.contains("process_resident_memory_bytes "), "{body}");
}

#[tokio::test]
async fn healthz_answers_ok_as_plain_text_whatever_is_missing() {
    let process = process();
    process.context("persister").dependency("store").down("away");
    let request = Request::get("/healthz").body(Body::empty()).unwrap();
    let answer = process.liveness().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    assert_eq!(to_bytes(answer.into_body(), 1 << 10).await.unwrap(), "OK");
}

#[tokio::test]
async fn the_tasks_and_the_memory_of_the_process_are_measured() {
    let (_, _, text) = get(&process(), "/metrics").await;
    for name in ["watchkeeper_tasks ", "process_resident_memory_bytes ", "process_threads "] {
        assert!(text.lines().any(|line| line.starts_with(name)), "no {name}in\n{text}");
    }
}
