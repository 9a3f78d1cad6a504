//! The role as part of its process: readiness, status line, metrics, and its end.

use crate::stage::{failing, for_ever, post, sample, send, taking_nothing};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use watchkeeper_config::Reloadable;
use watchkeeper_ingest::{Ingest, IngestConfig, openapi};
use watchkeeper_letters::Refused;
use watchkeeper_ports::EventBus;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_test_kit::{broken, outlet, unavailable};

/// Longer than the role needs to look at the bus once more; the time is paused.
const A_WHILE: Duration = Duration::from_secs(5);

struct Running {
    context: RoleContext,
    router: axum::Router,
    role: JoinHandle<RoleResult>,
}

impl Running {
    fn on(bus: Arc<dyn EventBus>) -> Self {
        let context = RoleContext::detached("ingest");
        let ingest = Ingest::new(
            context.clone(),
            Reloadable::new(IngestConfig::default()),
            Reloadable::new(RuleSet::default()),
            for_ever(),
            bus,
            None,
            Refused::default(),
        )
        .unwrap();
        let router = ingest.router(&Access::open());
        Self { context, router, role: tokio::spawn(ingest.run()) }
    }

    fn says(&self) -> String {
        self.context.roster().roles()["ingest"].to_string()
    }

    fn metrics(&self) -> String {
        prometheus::TextEncoder::new().encode_to_string(&self.context.registry().gather()).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn the_role_is_ready_when_its_bus_answers_and_says_how_it_goes() {
    let running = Running::on(outlet());
    running.context.roster().ready().await;
    sleep(A_WHILE).await;
    assert_eq!(running.says(), "0 samples/s");
    assert_eq!(send(&running.router, post(format!("[{},{{}}]", sample("a")))).await.status, 207);
    sleep(A_WHILE).await;
    assert!(running.says().ends_with(" samples/s, 1 refused in the last minute"), "{}", running.says());
    assert!(running.metrics().contains("watchkeeper_ingest_series{token=\"\"} 1\n"), "{}", running.metrics());
    running.context.shutdown().cancel();
    assert!(running.role.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_away_is_waited_for() {
    let running = Running::on(failing(unavailable("bus")));
    sleep(A_WHILE).await;
    assert_eq!(running.says(), "waiting for bus: connection refused");
    running.context.shutdown().cancel();
    assert!(running.role.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_answers_but_takes_nothing_is_missing_until_a_while_after_the_last_attempt() {
    let running = Running::on(taking_nothing(unavailable("bus")));
    running.context.roster().ready().await;
    assert_eq!(send(&running.router, post(sample("a"))).await.status, 503);
    assert!(!running.context.roster().is_ready());
    sleep(A_WHILE).await;
    assert!(running.context.roster().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_broken_ends_the_role() {
    let running = Running::on(failing(broken("bus")));
    let error = running.role.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "bus is unusable: damaged");
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_answers_but_is_broken_for_batches_ends_the_role() {
    let running = Running::on(taking_nothing(broken("bus")));
    running.context.roster().ready().await;
    assert_eq!(send(&running.router, post(sample("a"))).await.status, 500);
    assert!(running.role.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_does_not_answer_in_time_is_missing() {
    let bus = outlet();
    bus.hold_all();
    let running = Running::on(bus);
    sleep(2 * A_WHILE).await;
    assert_eq!(running.says(), "waiting for bus: no answer within 5 s");
    running.context.shutdown().cancel();
    assert!(running.role.await.unwrap().is_ok());
}

#[tokio::test]
async fn requests_samples_and_bodies_are_counted() {
    let running = Running::on(outlet());
    let body = format!("[{},{},{{}}]", sample("a"), sample("b"));
    assert_eq!(send(&running.router, post(body)).await.status, 207);
    assert_eq!(send(&running.router, post("[")).await.status, 400);
    let metrics = running.metrics();
    for line in [
        "watchkeeper_ingest_samples_total{outcome=\"accepted\"} 2",
        "watchkeeper_ingest_samples_total{outcome=\"refused\"} 1",
        "watchkeeper_ingest_samples_total{outcome=\"unpublished\"} 0",
        "watchkeeper_ingest_requests_total{path=\"/v1/samples\",status=\"2xx\"} 1",
        "watchkeeper_ingest_requests_total{path=\"/v1/samples\",status=\"4xx\"} 1",
        "watchkeeper_ingest_request_seconds_count{path=\"/v1/samples\"} 2",
        "watchkeeper_ingest_body_bytes_count 2",
    ] {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_counted_whatever_their_format_and_the_status_says_how_many() {
    let running = Running::on(outlet());
    running.context.roster().ready().await;
    let post = async |path: &str, body: &'static str| {
        let request = axum::http::Request::post(path).header("content-type", "application/json");
        send(&running.router, request.body(body.into()).unwrap()).await.status
    };
    assert_eq!(post("/v1/events", r#"[{"msg":"a"},"b",5]"#).await, 207);
    assert_eq!(post("/loki/api/v1/push", r#"{"streams":[{"values":[["0","c"],[]]}]}"#).await, 400);
    assert_eq!(post("/v1/logs", r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#).await, 200);
    let metrics = running.metrics();
    for line in [
        "watchkeeper_ingest_events_total{outcome=\"accepted\"} 4",
        "watchkeeper_ingest_events_total{outcome=\"refused\"} 2",
        "watchkeeper_ingest_refusals_total{client=\"unknown\",reason=\"event\"} 1",
        "watchkeeper_ingest_refusals_total{client=\"unknown\",reason=\"time\"} 1",
        "watchkeeper_ingest_requests_total{path=\"/v1/logs\",status=\"2xx\"} 1",
        "watchkeeper_ingest_requests_total{path=\"/loki/api/v1/push\",status=\"4xx\"} 1",
    ] {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
    sleep(A_WHILE).await;
    assert!(running.says().contains(" events/s, 2 refused in the last minute"), "{}", running.says());
}

#[tokio::test]
async fn samples_that_the_bus_did_not_take_are_counted_as_unpublished() {
    let running = Running::on(taking_nothing(unavailable("bus")));
    assert_eq!(send(&running.router, post(sample("a"))).await.status, 503);
    let metrics = running.metrics();
    assert!(metrics.contains("watchkeeper_ingest_samples_total{outcome=\"unpublished\"} 1"), "{metrics}");
    assert!(
        metrics.contains("watchkeeper_ingest_requests_total{path=\"/v1/samples\",status=\"5xx\"} 1"),
        "{metrics}"
    );
}

#[test]
fn the_routes_for_items_are_described() {
    let document = serde_json::to_value(openapi()).unwrap();
    for path in ["/v1/samples", "/api/v1/metrics", "/v1/events"] {
        let post = &document["paths"][path]["post"];
        let types = post["requestBody"]["content"].as_object().unwrap();
        assert_eq!(types.keys().collect::<Vec<_>>(), ["application/json", "application/x-ndjson"]);
        let statuses: Vec<_> = post["responses"].as_object().unwrap().keys().collect();
        let expected =
            ["202", "207", "400", "401", "403", "413", "414", "415", "421", "429", "431", "500", "503"];
        assert_eq!(statuses, expected);
    }
}
