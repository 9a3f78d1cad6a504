//! What clients of OTLP are told, and what becomes of their log records.

mod grpc;
mod hostile;
mod message;

use crate::stage::{Answer, FOR_EVER, Stage, router, send, taking_nothing};
use axum::body::Body;
use axum::http::Request;
use flate2::Compression;
use flate2::read::GzEncoder;
use message::{NANOS, bytes, export, int, list, map, record, text};
use prost::Message as _;
use serde_json::{Value, json};
use std::io::Read as _;
use std::time::Duration;
use watchkeeper_domain::{Event, Level, Timestamp};
use watchkeeper_ingest::IngestConfig;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::unavailable;
use watchkeeper_wire::proto::google_rpc::Status;
use watchkeeper_wire::proto::opentelemetry::proto::collector::logs::v1::ExportLogsServiceResponse;
use watchkeeper_wire::proto::opentelemetry::proto::logs::v1::LogRecord;

const PATH: &str = "/v1/logs";
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

fn stage() -> Stage {
    Stage::keeping(FOR_EVER)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    GzEncoder::new(body, Compression::fast()).read_to_end(&mut compressed).unwrap();
    compressed
}

async fn post_json(stage: &Stage, body: impl Into<Body>) -> Answer {
    stage.post_to(PATH, &[JSON], body).await
}

async fn post(stage: &Stage, records: &[LogRecord]) -> Answer {
    stage.post_to(PATH, &[PROTOBUF], export(records)).await
}

/// Records of JSON without a resource.
fn json_of(records: &Value) -> String {
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string()
}

/// Rejected records and why.
fn partial(answer: &Answer) -> Option<(i64, String)> {
    let response = ExportLogsServiceResponse::decode(&*answer.bytes).unwrap();
    response.partial_success.map(|partial| (partial.rejected_log_records, partial.error_message))
}

#[tokio::test]
async fn report_13_json_is_taken_as_clients_write_it_and_answered_in_json() {
    let body = json!({"resourceLogs": [{
        "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "shop"}},
            {"key": "host.name", "value": {"stringValue": "web-1"}},
            {"key": "k8s.pod.uid", "value": {"stringValue": "p-1"}},
        ], "unknown": 1},
        "scopeLogs": [{"scope": {"name": "db", "version": "1"}, "logRecords": [{
            "timeUnixNano": "1795946400000000000",
            "observedTimeUnixNano": 1_795_946_401_000_000_000_u64,
            "severityNumber": 13,
            "severityText": "WARN",
            "body": {"stringValue": "slow"},
            "attributes": [
                {"key": "text", "value": {"intValue": "42"}},
                {"key": "number", "value": {"intValue": 42}},
                {"key": "ratio", "value": {"doubleValue": 0.5}},
                {"key": "ok", "value": {"boolValue": true}},
                {"key": "none", "value": {}},
                {"key": "list", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}]}}},
                {"key": "map", "value": {"kvlistValue": {"values": [{"key": "a", "value": {"intValue": 7}}]}}},
            ],
            "flags": 1,
            "traceId": "5B8EFFF798038103D269B633813FC60C",
            "spanId": "eee19b7ec3c1b174",
            "tomorrow": {"a": [1]},
        }]}],
        "schemaUrl": "x",
    }]});
    let stage = stage();
    for headers in [&[JSON][..], &[("content-type", "application/json"), ("content-encoding", "gzip")]] {
        let body = body.to_string().into_bytes();
        let body = if headers.len() > 1 { gzip(&body) } else { body };
        let answer = stage.post_to(PATH, headers, body).await;
        assert_eq!((answer.status, answer.bytes.as_slice()), (200, &b"{}"[..]));
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    for event in stage.events(0).await {
        assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:00Z");
        assert_eq!((event.level, event.message.as_str()), (Level::Warn, "slow"));
        assert_eq!((event.service.as_str(), event.host.as_str()), ("shop", "web-1"));
        let fields = json!({
            "k8s.pod.uid": "p-1", "otel.scope.name": "db", "text": 42, "number": 42, "ratio": 0.5, "ok": true, "none": null,
            "list": [1, "a"], "map": {"a": 7},
            "trace_id": "5b8efff798038103d269b633813fc60c", "span_id": "eee19b7ec3c1b174",
        });
        assert_eq!(json!(event.fields), fields);
    }
    assert_eq!(post_json(&stage, "{}").await.status, 200);
}

#[tokio::test]
async fn protobuf_is_taken_in_every_coding_and_answered_in_protobuf() {
    let record = LogRecord {
        severity_number: 17,
        trace_id: vec![0xab; 16],
        attributes: message::pairs([("status", int(504)), ("ctx", map([("a", list([text("x")]))]))]),
        ..record("failed")
    };
    let body = message::export_of([("service.name", text("shop")), ("zone", text("eu"))], &[record]);
    let stage = stage();
    for (headers, body) in [
        (&[PROTOBUF][..], body.clone()),
        (&[], body.clone()),
        (&[PROTOBUF, ("content-encoding", "gzip")], gzip(&body)),
        (&[PROTOBUF, ("content-encoding", "zstd")], zstd::encode_all(&*body, 1).unwrap()),
    ] {
        let answer = stage.post_to(PATH, headers, body).await;
        assert_eq!((answer.status, answer.bytes.len()), (200, 0));
        assert_eq!(answer.headers["content-type"], "application/x-protobuf");
    }
    let events = stage.events(0).await;
    assert_eq!(events.len(), 4);
    for event in events {
        assert_eq!((event.level, event.service.as_str()), (Level::Error, "shop"));
        assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:00Z");
        let fields = json!({"status": 504, "ctx": {"a": ["x"]}, "zone": "eu", "trace_id": "ab".repeat(16)});
        assert_eq!(json!(event.fields), fields);
    }
}

async fn only(stage: &Stage, record: LogRecord) -> Event {
    let before = stage.events(0).await.len() as u64;
    assert_eq!(post(stage, &[record]).await.status, 200);
    stage.events(before).await.remove(0)
}

#[tokio::test]
async fn report_14_without_a_time_it_is_the_observed_one_or_that_of_the_arrival_and_never_1970() {
    let stage = stage();
    let observed = LogRecord { time_unix_nano: 0, observed_time_unix_nano: NANOS, ..record("a") };
    assert_eq!(only(&stage, observed).await.occurred_at.to_string(), "2026-11-29T10:00:00Z");
    let before = Timestamp::now();
    let none = LogRecord { time_unix_nano: 0, observed_time_unix_nano: 0, ..record("a") };
    assert!(only(&stage, none).await.occurred_at >= before);
    assert_eq!(post_json(&stage, json_of(&json!([{"timeUnixNano": "0"}, {}]))).await.status, 200);
    assert!(stage.events(2).await.iter().all(|event| event.occurred_at >= before));
}

#[tokio::test]
async fn report_14_a_body_of_any_kind_is_kept_and_an_event_without_one_has_its_attributes() {
    let stage = stage();
    for (body, message) in [
        (Some(map([("a", map([("b", int(1))]))])), r#"{"a":{"b":1}}"#),
        (Some(list([int(1), text("x")])), r#"[1,"x"]"#),
        (Some(bytes(b"\x00\xff\x10")), "AP8Q"),
        (Some(text("")), ""),
        (Some(int(7)), "7"),
        (None, ""),
    ] {
        let record = LogRecord { body, attributes: message::pairs([("order", int(17))]), ..record("") };
        let event = only(&stage, record).await;
        assert_eq!((event.message.as_str(), json!(event.fields)), (message, json!({"order": 17})));
    }
    let bodies = json!([
        {"body": {"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "x"}}]}}},
        {"body": {"arrayValue": {"values": [{"intValue": "1"}]}}},
        {"body": {"bytesValue": "AP8Q"}},
        {"body": {"stringValue": ""}},
        {"body": null},
        {},
    ]);
    assert_eq!(post_json(&stage, json_of(&bodies)).await.status, 200);
    let messages: Vec<_> = stage.events(6).await.into_iter().map(|event| event.message).collect();
    assert_eq!(messages, [r#"{"a":"x"}"#, "[1]", "AP8Q", "", "", ""]);
}

#[tokio::test]
async fn what_is_rejected_is_told_as_partial_success() {
    let stage = Stage::keeping(Duration::from_secs(30 * 24 * 60 * 60));
    let old = LogRecord { time_unix_nano: 1_556_704_800_000_000_000, ..record("old") };
    let now = LogRecord { time_unix_nano: 0, ..record("now") };
    let answer = post(&stage, &[now.clone(), old.clone(), now]).await;
    let reason = "1 of 3 refused; the first: log record 1: time: is 2019-05-01T10:00:00Z, older than the retention of 30 days";
    assert_eq!((answer.status, partial(&answer)), (200, Some((1, reason.to_owned()))));
    assert_eq!(stage.events(0).await.len(), 2);
    let records = json!([{"timeUnixNano": "0"}, {"timeUnixNano": 1_556_704_800_000_000_000_u64}]);
    let answer = post_json(&stage, json_of(&records)).await;
    assert_eq!((answer.status, &answer.body["partialSuccess"]["rejectedLogRecords"]), (200, &json!("1")));
    assert!(answer.body["partialSuccess"]["errorMessage"].as_str().unwrap().starts_with("1 of 2 refused; "));
    // Nothing of it will ever be accepted.
    let answer = post(&stage, &[old]).await;
    let status = Status::decode(&*answer.bytes).unwrap();
    assert_eq!((answer.status, status.code), (400, 3));
    assert!(status.message.starts_with("log records: 1 of 1 refused; "), "{}", status.message);
}

#[tokio::test]
async fn what_may_be_sent_again_is_told_in_the_format_of_the_request_with_a_time() {
    let router = router(IngestConfig::default(), taking_nothing(unavailable("bus")), &Access::open());
    let post = async |(name, kind): (&str, &str), body: Vec<u8>| {
        let answer = send(&router, Request::post(PATH).header(name, kind).body(body.into()).unwrap()).await;
        assert_eq!((answer.status, answer.headers["retry-after"].as_bytes()), (503, &b"5"[..]));
        answer
    };
    let answer = post(PROTOBUF, export(&[record("a")])).await;
    let status = Status::decode(&*answer.bytes).unwrap();
    assert_eq!((status.code, status.message.as_str()), (14, "the bus is not available"));
    let answer = post(JSON, json_of(&json!([{}])).into_bytes()).await;
    assert_eq!(answer.body, json!({"code": 14, "message": "the bus is not available"}));
}
