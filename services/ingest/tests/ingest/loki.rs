//! What Loki's clients are told, and what becomes of their entries.

mod hostile;
mod message;

use crate::stage::{Answer, Stage, send, taking_nothing};
use axum::body::Body;
use axum::http::Request;
use flate2::Compression;
use flate2::read::GzEncoder;
use message::{Entry, push, snappy, stream};
use serde_json::json;
use std::io::Read as _;
use std::time::Duration;
use watchkeeper_domain::{Event, Level, Timestamp};
use watchkeeper_ingest::IngestConfig;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::{outlet, unavailable};

const PATH: &str = "/loki/api/v1/push";
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");
/// 2026-11-29T10:00:00Z.
const NANOS: i64 = 1_795_946_400_000_000_000;

fn stage() -> Stage {
    Stage::new(IngestConfig::default())
}

async fn post_json(stage: &Stage, body: impl Into<Body>) -> Answer {
    stage.post_to(PATH, &[JSON], body).await
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.clone()).unwrap()
}

fn assert_is_the_event(event: &Event) {
    assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:00Z");
    assert_eq!((event.service.as_str(), event.host.as_str()), ("shop", "web-1"));
    assert_eq!((event.level, event.message.as_str()), (Level::Warn, r#"{"slow":true}"#));
    assert_eq!(json!(event.fields), json!({"env": "prod", "trace_id": "abc"}));
}

#[tokio::test]
async fn protobuf_and_json_in_every_coding_give_the_same_event() {
    let entry = Entry { metadata: vec![("trace_id", "abc")], ..Entry::at(NANOS, r#"{"slow":true}"#) };
    let labels = r#"{app="shop", env="prod", host="web-1", level="warn"}"#;
    let message = push(&[stream(labels, &[entry])]);
    let json = json!({"streams": [{
        "stream": {"app": "shop", "env": "prod", "host": "web-1", "level": "warn"},
        "values": [[NANOS.to_string(), r#"{"slow":true}"#, {"trace_id": "abc"}]],
    }]});
    let json = json.to_string().into_bytes();
    let gzip = |body: &[u8]| {
        let mut compressed = Vec::new();
        GzEncoder::new(body, Compression::fast()).read_to_end(&mut compressed).unwrap();
        compressed
    };
    let stage = stage();
    for (headers, body) in [
        // Promtail, Alloy and Docker's driver; the scope of a tenant has no meaning here.
        (&[PROTOBUF, ("x-scope-orgid", "tenant")][..], snappy(&message)),
        (&[PROTOBUF, ("content-encoding", "snappy")], snappy(&message)),
        (&[PROTOBUF, ("content-encoding", "gzip")], gzip(&snappy(&message))),
        // Fluent Bit and Vector.
        (&[JSON], json.clone()),
        (&[("content-type", "application/json; charset=utf-8"), ("content-encoding", "gzip")], gzip(&json)),
        (&[JSON, ("content-encoding", "snappy")], snappy(&json)),
        (&[], json.clone()),
    ] {
        let answer = stage.post_to(PATH, headers, body).await;
        assert_eq!((answer.status, text(&answer)), (204, String::new()), "{headers:?}");
    }
    let events = stage.events(0).await;
    assert_eq!(events.len(), 7);
    events.iter().for_each(assert_is_the_event);
}

#[tokio::test]
async fn report_16_one_entry_of_2019_among_99_is_named_and_the_99_are_stored() {
    let stage = Stage::keeping(Duration::from_secs(30 * 24 * 60 * 60));
    let now = Timestamp::now().as_micros() * 1_000;
    // In any order.
    let mut entries: Vec<_> =
        (0..99).map(|number| Entry::at(now - (number * 37 % 99) * 1_000_000, "x")).collect();
    entries.insert(40, Entry::at(1_556_704_800_000_000_000, "old"));
    let body = snappy(&push(&[stream(r#"{app="shop"}"#, &entries)]));
    let answer = stage.post_to(PATH, &[PROTOBUF], body).await;
    assert_eq!(answer.status, 400, "a 5xx would be sent again for ever");
    assert_eq!(
        text(&answer),
        "accepted 99 of 100 entries; refused:\nentry 40: time: is 2019-05-01T10:00:00Z, older than the retention \
         of 30 days, in stream {app=\"shop\"}\n"
    );
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(stage.events(0).await.len(), 99);
}

#[tokio::test]
async fn report_17_entries_of_one_nanosecond_keep_their_order_and_twins_are_two() {
    let lines: Vec<_> =
        (0..250).map(|number| if number == 101 { "100".into() } else { number.to_string() }).collect();
    let entries: Vec<_> = lines.iter().map(|line| Entry::at(NANOS, line)).collect();
    let stage = stage();
    let body = snappy(&push(&[stream("{}", &entries)]));
    assert_eq!(stage.post_to(PATH, &[PROTOBUF], body).await.status, 204);
    let mut events = stage.events(0).await;
    events.sort_by_key(|event| (event.occurred_at, event.id));
    assert_eq!(events.iter().map(|event| event.message.clone()).collect::<Vec<_>>(), lines);
}

#[tokio::test]
async fn a_push_that_is_sent_again_has_the_same_ids_and_another_stream_others() {
    let stage = stage();
    for labels in [r#"{app="shop"}"#, r#"{app="shop"}"#, r#"{app="mail"}"#] {
        let entries = [Entry::at(NANOS, "a"), Entry::at(NANOS, "a"), Entry::at(NANOS + 1, "a")];
        let body = snappy(&push(&[stream(labels, &entries)]));
        assert_eq!(stage.post_to(PATH, &[PROTOBUF], body).await.status, 204);
    }
    let events = stage.events(0).await;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids[..3], ids[3..6]);
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 6);
}

#[tokio::test]
async fn an_entry_without_a_time_has_that_of_its_arrival() {
    let stage = stage();
    let before = Timestamp::now();
    let body =
        snappy(&push(&[stream("{}", &[Entry { nanos: None, ..Entry::at(0, "a") }, Entry::at(0, "b")])]));
    assert_eq!(stage.post_to(PATH, &[PROTOBUF], body).await.status, 204);
    assert_eq!(post_json(&stage, r#"{"streams":[{"stream":{},"values":[["0","c"]]}]}"#).await.status, 204);
    let events = stage.events(0).await;
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event.occurred_at >= before));
}

#[tokio::test]
async fn what_may_be_sent_again_is_told_in_text_with_a_time() {
    let router =
        crate::stage::router(IngestConfig::default(), taking_nothing(unavailable("bus")), &Access::open());
    let request = || {
        let body = r#"{"streams":[{"stream":{},"values":[["0","c"]]}]}"#;
        Request::post(PATH).header(JSON.0, JSON.1).body(Body::from(body)).unwrap()
    };
    let answer = send(&router, request()).await;
    assert_eq!((answer.status, answer.headers["retry-after"].as_bytes()), (503, &b"5"[..]));
    assert_eq!(text(&answer), "the bus is not available\n");
    let bus = outlet();
    let router = crate::stage::router(IngestConfig::default(), bus, &Access::open());
    assert_eq!(send(&router, request()).await.status, 204);
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_to() {
    let answer = send(&stage().router, Request::get("/ready").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, text(&answer).as_str()), (200, "ready\n"));
}

#[tokio::test]
async fn an_empty_push_is_accepted() {
    let stage = stage();
    assert_eq!(post_json(&stage, r#"{"streams":[]}"#).await.status, 204);
    assert_eq!(post_json(&stage, r#"{"streams":[{"stream":{"a":"b"},"values":[]}]}"#).await.status, 204);
    assert_eq!(stage.post_to(PATH, &[PROTOBUF], snappy(b"")).await.status, 204);
    assert!(stage.events(0).await.is_empty());
}
