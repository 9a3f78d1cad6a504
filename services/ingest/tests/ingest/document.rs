//! The OpenAPI document says what is taken, and what is answered.

use crate::stage::{Stage, post, router, sample, send, taking_nothing};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use watchkeeper_ingest::{IngestConfig, openapi};
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::unavailable;

fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

#[tokio::test]
async fn every_field_that_is_described_is_taken_and_no_other() {
    let (stage, document) = (Stage::new(IngestConfig::default()), document());
    for name in ["SampleToSend", "OlderSample"] {
        let schema = &document["components"]["schemas"][name];
        assert_eq!(schema["additionalProperties"], false, "{name}");
        let value = |field: &str| match field.to_ascii_lowercase().as_str() {
            "value" => json!(1),
            "labels" => json!({"row": "3"}),
            "collected_at" | "collectedat" => json!("2026-11-20T10:00:00Z"),
            _ => json!("x"),
        };
        let fields = schema["properties"].as_object().unwrap().keys();
        let mut item: Value =
            fields.map(|field| (field.clone(), value(field))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(stage.post(item.to_string()).await.status, 202, "{name}: {item}");
        for required in schema["required"].as_array().unwrap() {
            let mut less = item.clone();
            less.as_object_mut().unwrap().remove(required.as_str().unwrap());
            assert_eq!(stage.post(less.to_string()).await.status, 400, "{name} without {required}");
        }
        item["no_such_field"] = json!(1);
        assert_eq!(stage.post(item.to_string()).await.status, 400, "{name}");
    }
}

#[test]
fn what_each_path_answers_to_what_it_accepts_is_described() {
    let document = document();
    let kinds = |path: &str| {
        let content = &document["paths"][path]["post"]["responses"]["202"]["content"];
        content.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(kinds("/v1/samples"), ["application/json"]);
    assert_eq!(kinds("/api/v1/metrics"), ["text/plain"]);
}

#[tokio::test]
async fn every_status_that_is_answered_is_described() {
    let small = || IngestConfig { max_body: 1024, ..IngestConfig::default() };
    let stage = Stage::new(small());
    let away = router(small(), taking_nothing(unavailable("bus")), &Access::open());
    let mut of_type = post(sample("a"));
    of_type.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    for (path, described) in paths.iter().filter(|(path, _)| !path.contains("heartbeats")) {
        if described["get"].is_object() {
            continue;
        }
        for (answer, expected) in [
            (stage.post(sample("a")).await, 202),
            (stage.post(format!("[{},{{}}]", sample("a"))).await, 207),
            (stage.post("[{}]").await, 400),
            (stage.post(" ".repeat(1025)).await, 413),
            (send(&away, post(sample("a"))).await, 503),
        ] {
            assert_eq!(answer.status, expected);
            assert!(described["post"]["responses"][expected.to_string()].is_object(), "{path}: {expected}");
        }
        for status in ["401", "403", "414", "415", "421", "429", "431", "500"] {
            assert!(described["post"]["responses"][status].is_object(), "{path}: {status}");
        }
    }
    assert_eq!(send(&stage.router, of_type).await.status, 415);
}

#[test]
fn what_a_heartbeat_is_answered_is_described_for_both_methods() {
    let document = document();
    let mut ids = BTreeSet::new();
    for path in ["/v1/heartbeats/{name}", "/v1/heartbeats/{name}/{outcome}"] {
        for method in ["get", "post"] {
            let described = &document["paths"][path][method];
            assert!(ids.insert(described["operationId"].as_str().unwrap().to_owned()), "{path} {method}");
            for status in ["200", "400", "401", "403", "404", "413", "421", "429", "500", "503"] {
                assert!(described["responses"][status].is_object(), "{method} {path}: {status}");
            }
        }
    }
}
