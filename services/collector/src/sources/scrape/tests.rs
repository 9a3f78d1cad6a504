//! Endpoints on loopback that expose what a test says.

mod config;

use super::config::ScrapeConfig;
use super::target::{Scrape, ScrapeTarget};
use crate::config::CollectorConfig;
use crate::sources::labels::TargetLabels;
use crate::target::{CollectError, Target as _, Timing};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Document;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::Access;
use watchkeeper_http_client::MAX_BODY_BYTES;
use watchkeeper_test_kit::{nowhere, serve, serve_always, serve_slowly};

/// What a node exporter exposes, cut down.
const NODE: &str = r#"# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 362812.7
node_cpu_seconds_total{cpu="0",mode="user"} 9158.03
# HELP node_memory_MemFree_bytes Memory information field MemFree_bytes.
# TYPE node_memory_MemFree_bytes gauge
node_memory_MemFree_bytes 1.73244416e+09
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0"} 3.4e-05
go_gc_duration_seconds_sum 17.391350544
go_gc_duration_seconds_count 1.6e+04
"#;

fn config(url: &str) -> ScrapeConfig {
    let minute = Duration::from_secs(60);
    ScrapeConfig {
        url: url.parse().unwrap(),
        source: "node".to_owned(),
        instance: "h:9100".to_owned(),
        timing: Timing::new(minute, minute, Duration::from_secs(10)),
        include: Vec::new(),
        exclude: Vec::new(),
        access: Access::default(),
        labels: TargetLabels::default(),
    }
}

fn target(config: ScrapeConfig) -> ScrapeTarget {
    Scrape::default().target(&Arc::new(config))
}

async fn failure(url: &str) -> CollectError {
    let mut target = target(config(url));
    let error = target.collect().await.unwrap_err();
    let down = target.failed(&error);
    assert_eq!((down.len(), down[0].series.name(), down[0].value), (1, "up", 0.0));
    assert_eq!(down[0].note.as_ref().map(ToString::to_string), Some(error.to_string()));
    error
}

fn names(samples: &[Sample]) -> Vec<&str> {
    samples.iter().map(|sample| sample.series.name()).collect()
}

#[tokio::test]
async fn what_is_exposed_becomes_samples_of_the_same_name() {
    let mut target = target(config(&serve_always(NODE).await));
    assert_eq!((target.source(), target.name()), ("scrape", "scrape/node/h:9100"));
    let before = Timestamp::now();
    let samples = target.collect().await.unwrap();
    let shown: Vec<_> =
        samples.iter().map(|sample| format!("{} = {}", sample.series, sample.value)).collect();
    assert_eq!(
        shown[..7],
        [
            r#"node/up{instance="h:9100"} = 1"#,
            r#"node/node_cpu_seconds_total{cpu="0",instance="h:9100",mode="idle"} seconds = 362812.7"#,
            r#"node/node_cpu_seconds_total{cpu="0",instance="h:9100",mode="user"} seconds = 9158.03"#,
            r#"node/node_memory_MemFree_bytes{instance="h:9100"} bytes = 1732444160"#,
            r#"node/go_gc_duration_seconds{instance="h:9100",quantile="0"} seconds = 0.000034"#,
            r#"node/go_gc_duration_seconds_sum{instance="h:9100"} seconds = 17.391350544"#,
            r#"node/go_gc_duration_seconds_count{instance="h:9100"} = 16000"#,
        ]
    );
    assert_eq!(names(&samples[7..]), ["scrape_duration_seconds", "scrape_samples_skipped"]);
    assert!(samples.iter().all(|sample| sample.collected_at >= before));
}

#[tokio::test]
async fn only_names_that_are_included_and_not_excluded_are_taken() {
    let url = serve_always(NODE).await;
    let include = vec!["node_*".parse().unwrap(), "go_gc_duration_seconds_count".parse().unwrap()];
    let exclude = vec!["node_cpu_*".parse().unwrap()];
    let samples = target(ScrapeConfig { include, exclude, ..config(&url) }).collect().await.unwrap();
    assert_eq!(names(&samples)[1..3], ["node_memory_MemFree_bytes", "go_gc_duration_seconds_count"]);
    assert_eq!(samples.len(), 5);
}

#[tokio::test]
async fn the_token_is_shown_and_both_formats_are_asked_for() {
    let asked = |headers: HeaderMap| async move {
        let formats = "text/plain;version=0.0.4,application/openmetrics-text";
        assert!(headers["accept"].to_str().unwrap().starts_with(formats));
        let is_known = headers.get("authorization").is_some_and(|shown| shown == "Bearer s3cret");
        if is_known { Ok("x 1\n") } else { Err(StatusCode::UNAUTHORIZED) }
    };
    let url = serve(Router::new().route("/metrics", get(asked))).await + "/metrics";
    let access = Access { authorization: Some("Bearer s3cret".to_owned().into()), ..Access::default() };
    assert!(target(ScrapeConfig { access, ..config(&url) }).collect().await.is_ok());
    let refused = failure(&url).await;
    assert_eq!(refused.to_string(), "refused: 127.0.0.1 answered 401 Unauthorized");
}

#[tokio::test]
async fn an_endpoint_that_wants_to_be_left_alone_is_obeyed() {
    let reset = "1795170000";
    let limited =
        serve_always((StatusCode::FORBIDDEN, [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)]));
    let until = Some("2026-11-20T10:20:00Z".parse().unwrap());
    assert!(matches!(failure(&limited.await).await, CollectError::Refused { until: u, .. } if u == until));
    let busy = serve_always((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "60")]));
    assert!(matches!(failure(&busy.await).await, CollectError::Refused { until: Some(_), .. }));
}

#[tokio::test]
async fn an_endpoint_that_answers_wrongly_is_down_with_the_reason() {
    let open_metrics = [("content-type", "application/openmetrics-text; version=1.0.0")];
    let routes = Router::new()
        .route("/moved", get(|| async { Redirect::permanent("https://other.test/metrics") }))
        .route("/page", get(|| async { "<!doctype html>" }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/cut", get(move || async move { (open_metrics, "x 1\n") }));
    let url = serve(routes).await;
    let cases = [
        (
            "/moved",
            "unexpected answer: 127.0.0.1 answered 308 Permanent Redirect and redirects to https://other.test",
        ),
        ("/page", "unexpected answer: line 1: expected the name of a metric"),
        ("/broken", "not reachable: 127.0.0.1 answered 500 Internal Server Error"),
        ("/cut", "unexpected answer: the text ends before # EOF"),
        ("/nothing", "unexpected answer: 127.0.0.1 answered 404 Not Found"),
    ];
    for (path, reason) in cases {
        assert_eq!(failure(&format!("{url}{path}")).await.to_string(), reason);
    }
}

#[tokio::test]
async fn an_endpoint_that_refuses_or_never_ends_is_down() {
    assert!(matches!(failure(&nowhere().await).await, CollectError::Unreachable(_)));
    let url = serve_slowly("x 1\n").await;
    let soon = Timing::new(Duration::from_secs(60), Duration::ZERO, Duration::from_millis(200));
    let error = target(ScrapeConfig { timing: soon, ..config(&url) }).collect().await.unwrap_err();
    assert_eq!(error, CollectError::TimedOut(soon.timeout()));
}

#[tokio::test]
async fn an_endpoint_larger_than_memory_should_hold_is_read_for_what_is_included() {
    let many =
        "kube_pod_info{uid=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"} 1\n".repeat(160_000);
    assert!(many.len() > MAX_BODY_BYTES);
    let url = serve_always("demo_good 1\n".to_owned() + &many).await;
    let config = ScrapeConfig { include: vec!["demo_*".parse().unwrap()], ..config(&url) };
    let samples = target(config).collect().await.unwrap();
    assert_eq!(names(&samples), ["up", "demo_good", "scrape_duration_seconds", "scrape_samples_skipped"]);
}

#[tokio::test]
async fn a_value_with_a_time_before_1970_is_skipped_and_counted() {
    let url = serve_always("a 1\nb 5 -1\nc +Inf -3982045\n").await;
    let samples = target(config(&url)).collect().await.unwrap();
    assert_eq!(names(&samples), ["up", "a", "scrape_duration_seconds", "scrape_samples_skipped"]);
    assert!((samples[3].value - 2.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn labels_of_the_target_are_on_every_series_and_replace_those_of_the_endpoint() {
    let text =
        "[[collector.scrape]]\nurl = \"http://h.test:9100/\"\ngroup = \"db\"\nlabels = { team = \"ops\" }\n";
    let document = Document::parse("watchkeeper.toml", text).unwrap();
    let collector = document.read(|root| root.section("collector", CollectorConfig::read)).unwrap();
    let labels = collector.scrape[0].labels.clone();
    let url = serve_always("jobs{team=\"web\",queue=\"a\"} 1\n").await;
    let samples = target(ScrapeConfig { labels, ..config(&url) }).collect().await.unwrap();
    let keys: Vec<&str> = samples.iter().map(|sample| sample.series.key()).collect();
    assert_eq!(keys[0], r#"node/up{group="db",instance="h:9100",team="ops"}"#);
    assert_eq!(
        keys[1],
        r#"node/jobs{exported_team="web",group="db",instance="h:9100",queue="a",team="ops"}"#
    );
}
