//! Heartbeats: what jobs call, and what comes of it.

use crate::stage::{Answer, FOR_EVER, Stage, for_ever, router_with, send, taking_nothing};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use std::sync::Arc;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_ingest::{Ingest, IngestConfig};
use watchkeeper_letters::Refused;
use watchkeeper_ports::{EventBus, Topic, TopicPartition};
use watchkeeper_rules::{Routing, RuleSet};
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::{Access, Tokens, token};
use watchkeeper_test_kit::{soon, unavailable};

fn rules(names: &[&str]) -> Arc<RuleSet> {
    let section = |name: &&str| format!("[[heartbeat]]\nname = \"{name}\"\nevery = \"1d\"\n");
    let text: String = names.iter().map(section).collect();
    let document = Document::parse("test.toml", &text).unwrap();
    Arc::new(document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap())
}

fn hearing(bus: Arc<dyn EventBus>) -> Router {
    router_with(rules(&["backup"]), FOR_EVER, IngestConfig::default(), bus, &Access::open())
}

async fn call(router: &Router, method: Method, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder().method(method).uri(format!("/v1/heartbeats/{path}"));
    send(router, request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn each_report_is_a_sample_with_the_end_of_what_the_job_said() {
    let stage = Stage::new(IngestConfig::default());
    let router = hearing(stage.bus.clone());
    for (method, path, body) in [
        (Method::GET, "backup", ""),
        (Method::POST, "backup/start", "begin"),
        (Method::POST, "backup/3", "copying\nrsync: disk full\n"),
        (Method::GET, "backup/fail", ""),
        (Method::POST, "backup/0", "3 files"),
        (Method::HEAD, "backup", ""),
    ] {
        assert_eq!(call(&router, method, path, body).await.status, 200, "{path}");
    }
    let expected = [
        (r#""value":1"#, None),
        (r#""value":2"#, Some("begin")),
        (r#""value":0"#, Some("exit code 3: rsync: disk full")),
        (r#""value":0"#, None),
        (r#""value":1"#, Some("3 files")),
        (r#""value":1"#, None),
    ];
    let records = stage.records(0).await;
    assert_eq!(records.len(), expected.len());
    for ((key, record), (value, note)) in records.iter().zip(expected) {
        assert_eq!(key, r#"heartbeat/state{heartbeat="backup"}"#);
        let note = note.map_or_else(String::new, |note| format!(r#","note":"{note}""#));
        assert!(record.contains(value) && record.ends_with(&format!("Z\"{note}}}")), "{record}");
    }
}

#[tokio::test]
async fn what_is_not_configured_or_no_outcome_is_refused_by_name() {
    let stage = Stage::new(IngestConfig::default());
    let router = hearing(stage.bus.clone());
    let refused = async |path: &str| {
        let answer = call(&router, Method::GET, path, "").await;
        (answer.status, answer.detail().to_owned())
    };
    let unknown = "there is no heartbeat other: the configuration has no [[heartbeat]] of this name";
    assert_eq!(refused("other").await, (404, unknown.to_owned()));
    let (status, detail) = refused("backup/done").await;
    assert_eq!(status, 404);
    assert!(detail.ends_with("it must end with start, fail or an exit code from 0 to 255"), "{detail}");
    assert!(stage.records(0).await.is_empty());
}

#[tokio::test]
async fn an_output_is_taken_up_to_its_limit() {
    let stage = Stage::new(IngestConfig::default());
    let router = hearing(stage.bus.clone());
    let output = |bytes: usize| format!("{}\nlast", "x".repeat(bytes - 5));
    assert_eq!(call(&router, Method::POST, "backup", output(8 << 20)).await.status, 200);
    assert!(stage.records(0).await[0].1.contains(r#""note":"last""#));
    let refused = call(&router, Method::POST, "backup", output((8 << 20) + 1)).await;
    assert_eq!(refused.status, 413);
    assert!(refused.detail().contains("8388608 bytes"), "{}", refused.detail());
}

#[tokio::test]
async fn a_token_for_ingest_is_needed_if_there_are_tokens() {
    let stage = Stage::new(IngestConfig::default());
    let (secret, sha256) = token::generate().unwrap();
    let text = format!("[[token]]\nname = 'cron'\nscopes = ['ingest']\nsha256 = '{sha256}'\n");
    let access = Access::new(Document::parse("test.toml", &text).unwrap().read(Tokens::read).unwrap());
    let router =
        router_with(rules(&["backup"]), FOR_EVER, IngestConfig::default(), stage.bus.clone(), &access);
    assert_eq!(call(&router, Method::GET, "backup", "").await.status, 401);
    let request = Request::get("/v1/heartbeats/backup").header("authorization", format!("Bearer {secret}"));
    assert_eq!(send(&router, request.body(Body::empty()).unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_report_that_is_not_durable_is_not_acknowledged() {
    let router = hearing(taking_nothing(unavailable("bus")));
    assert_eq!(call(&router, Method::GET, "backup", "").await.status, 503);
}

/// Key, series and value of each record.
async fn records(bus: &EmbeddedBus) -> Vec<(String, String, f64)> {
    let batch = bus.read(&TopicPartition::new(Topic::METRICS, 0), 0, 1_000).await.unwrap().records;
    let read = |record: watchkeeper_ports::Record<'_>| {
        let value: serde_json::Value = serde_json::from_slice(record.value).unwrap();
        let name = format!("{} {}", value["name"].as_str().unwrap(), value["labels"]["heartbeat"]);
        (String::from_utf8(record.key.to_vec()).unwrap(), name, value["value"].as_f64().unwrap())
    };
    batch.iter().map(read).collect()
}

#[tokio::test]
async fn for_how_long_heartbeats_could_be_received_is_published_from_the_start_on_also_after_a_reload() {
    let directory = tempfile::tempdir().unwrap();
    let bus = Arc::new(EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap());
    let context = RoleContext::detached("ingest");
    let reloaded = Reloadable::new(rules(&["backup"]));
    let config = Reloadable::new(IngestConfig::default());
    let (refused, rules_now) = (Refused::default(), reloaded.clone());
    let role = Ingest::new(context.clone(), config, rules_now, for_ever(), bus.clone(), None, refused);
    let ingest = role.unwrap();
    reloaded.replace(rules(&["backup", "report"]));
    let mut tail = bus.tail(&Topic::METRICS).await.unwrap();
    let running = tokio::spawn(ingest.run());
    soon(tail.next(10)).await.unwrap();
    let first = records(&bus).await;
    assert_eq!(first.len(), 2);
    for ((key, name, value), job) in first.iter().zip(["backup", "report"]) {
        // With the key of the reports, so that they come in order.
        assert_eq!(*key, format!(r#"heartbeat/state{{heartbeat="{job}"}}"#));
        assert_eq!((name.as_str(), *value), (&*format!("listening_seconds \"{job}\""), 0.0));
    }
    context.shutdown().cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_page_of_another_site_cannot_report_for_a_job() {
    let directory = tempfile::tempdir().unwrap();
    let bus = Arc::new(EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap());
    let router = hearing(bus);
    for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)] {
        for path in ["backup", "backup/fail"] {
            let request = Request::get(format!("/v1/heartbeats/{path}")).header("sec-fetch-site", site);
            let answer = send(&router, request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, status, "{site}");
        }
    }
}
