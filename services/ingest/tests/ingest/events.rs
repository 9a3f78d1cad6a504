//! What becomes of events that are sent as JSON.

mod hostile;

use crate::stage::{Answer, Stage};
use axum::body::Body;
use flate2::Compression;
use flate2::read::GzEncoder;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::time::Duration;
use watchkeeper_domain::event::{CHANGED, EventId};
use watchkeeper_domain::{Event, Level, Timestamp};
use watchkeeper_ingest::IngestConfig;

const LINES: (&str, &str) = ("content-type", "application/x-ndjson");

fn stage() -> Stage {
    Stage::new(IngestConfig::default())
}

async fn post(stage: &Stage, body: impl Into<Body>) -> Answer {
    stage.post_to("/v1/events", &[], body).await
}

async fn post_lines(stage: &Stage, body: impl Into<Body>) -> Answer {
    stage.post_to("/v1/events", &[LINES], body).await
}

fn messages(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.message.as_str()).collect()
}

#[tokio::test]
async fn every_format_and_coding_gives_the_same_event() {
    let item = r#"{"ts":1795946400,"lvl":"W","msg":"slow","app":"shop","hostname":"web-1","status":504,"ctx":{"a":[1]}}"#;
    let mut gzip = Vec::new();
    GzEncoder::new(item.as_bytes(), Compression::fast()).read_to_end(&mut gzip).unwrap();
    let stage = stage();
    for (headers, body) in [
        (&[][..], item.as_bytes().to_vec()),
        (&[("content-type", "application/json; charset=utf-8")], format!(" [ {item} ]").into_bytes()),
        (&[LINES], format!("{item}\r\n\n").into_bytes()),
        (&[("content-encoding", "gzip")], gzip),
        (&[("content-encoding", "zstd"), LINES], zstd::encode_all(item.as_bytes(), 1).unwrap()),
    ] {
        let answer = stage.post_to("/v1/events", headers, body).await;
        assert_eq!((answer.status, answer.body), (202, json!({"accepted": 1})));
    }
    let events = stage.events(0).await;
    assert_eq!(events.len(), 5);
    for event in &events {
        assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:00Z");
        assert_eq!((event.level, event.message.as_str()), (Level::Warn, "slow"));
        assert_eq!((event.service.as_str(), event.host.as_str()), ("shop", "web-1"));
        assert_eq!(json!(event.fields), json!({"status": 504, "ctx": {"a": [1]}}));
    }
    assert!(events.is_sorted_by(|one, next| one.id < next.id), "ids are in order of arrival");
}

#[tokio::test]
async fn report_8_ndjson_is_taken_as_people_send_it_and_a_broken_line_is_named_by_its_number() {
    let stage = stage();
    let answer = post_lines(&stage, "{\"a\":1}{\"a\":2}\n\n{\"a\":3}\r\n{\"a\":").await;
    assert_eq!((answer.status, answer.accepted(), &answer.body["refused_total"]), (207, Some(3), &json!(1)));
    assert_eq!(answer.indices(), [3]);
    let refused = "event: is not valid JSON: EOF while parsing a value at byte 5 (line 4)";
    assert_eq!(answer.refusals(), [refused]);
    assert_eq!(post_lines(&stage, "{\"a\":5}").await.accepted(), Some(1));
    // As `curl --data` sends it, without line ends, and as JSON.
    assert_eq!(post(&stage, "{\"a\":6}{\"a\":7} {\"a\":8}").await.accepted(), Some(3));
    let numbers: Vec<_> =
        stage.events(0).await.iter().map(|event| event.fields["a"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 5, 6, 7, 8]);
}

#[tokio::test]
async fn report_9_a_level_of_any_library_is_understood_and_none_is_guessed() {
    let stage = stage();
    let items = concat!(
        r#"{"level":30,"msg":"started"}"#,
        r#"{"severity":"WARNING"}"#,
        r#"{"lvl":"E"}"#,
        r#"{"level":["x"]}"#,
        r#"{"msg":"GET /search?level=error 200"}"#
    );
    assert_eq!(post_lines(&stage, items).await.accepted(), Some(5));
    let events = stage.events(0).await;
    let levels: Vec<_> = events.iter().map(|event| event.level).collect();
    assert_eq!(levels, [Level::Info, Level::Warn, Level::Error, Level::Unknown, Level::Unknown]);
    assert_eq!(events[3].fields["level"], json!(["x"]), "an odd value is kept");
}

#[tokio::test]
async fn report_10_a_nul_among_499_good_events_costs_none_of_them() {
    let stage = stage();
    let mut items: Vec<_> = (0..499).map(|number| format!(r#"{{"msg":"m{number}"}}"#)).collect();
    items.insert(250, r#"{"msg":"a\u0000b"}"#.to_owned());
    assert_eq!(post(&stage, format!("[{}]", items.join(","))).await.accepted(), Some(500));
    let events = stage.events(0).await;
    assert_eq!((events.len(), events[250].message.as_str()), (500, "a\u{2400}b"));
    let is_changed = |event: &&Event| event.marks().any(|mark| mark == CHANGED);
    assert_eq!(events.iter().filter(is_changed).count(), 1);
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_replaced_and_marked_in_the_event_that_has_them() {
    let stage = stage();
    let body = b"{\"msg\":\"caf\xe9 closed\"}\n{\"msg\":\"caf\xc3\xa9\"}\n".to_vec();
    assert_eq!(post_lines(&stage, body).await.accepted(), Some(2));
    let events = stage.events(0).await;
    assert_eq!(messages(&events), ["caf\u{fffd} closed", "café"]);
    assert_eq!(events.iter().map(|event| event.marks().count()).collect::<Vec<_>>(), [1, 0]);
}

#[tokio::test]
async fn report_12_a_field_may_change_its_type() {
    let stage = stage();
    let answer = post_lines(&stage, "{\"job\":\"backup\"}\n{\"job\":{\"id\":7}}\n{\"job\":null}").await;
    assert_eq!(answer.accepted(), Some(3));
    let jobs: Vec<_> = stage.events(0).await.iter().map(|event| event.fields["job"].clone()).collect();
    assert_eq!(jobs, [json!("backup"), json!({"id": 7}), json!(null)]);
}

#[tokio::test]
async fn report_21_the_same_time_in_any_unit_is_the_same_time() {
    let stage = stage();
    let numbers = ["1795946400", "1795946400000", "1795946400000000", "1795946400000000000"];
    let items: Vec<_> = numbers.iter().map(|number| format!(r#"{{"time":{number}}}"#)).collect();
    assert_eq!(post_lines(&stage, items.join("\n")).await.accepted(), Some(4));
    for event in stage.events(0).await {
        assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:00Z");
    }
}

#[tokio::test]
async fn a_time_past_the_retention_or_ahead_of_the_clock_is_refused_beside_those_that_are_not() {
    let day = Duration::from_secs(24 * 60 * 60);
    let stage = Stage::keeping(30 * day);
    let now = Timestamp::now();
    let at = |time: Timestamp| format!(r#"{{"time":"{time}"}}"#);
    let (old, ahead) = (now.minus(31 * day), now.plus(Duration::from_secs(660)));
    let items = [at(old), at(now.minus(29 * day)), at(ahead), at(now), r#"{"time":0}"#.to_owned()];
    let answer = post(&stage, format!("[{}]", items.join(","))).await;
    assert_eq!((answer.status, answer.accepted(), answer.indices()), (207, Some(3), vec![0, 2]));
    let refusals = answer.refusals();
    assert_eq!(refusals[0], format!("time: is {old}, older than the retention of 30 days"));
    assert!(
        refusals[1].starts_with("time: is 6") && refusals[1].ends_with("the limit is 600 s"),
        "{refusals:?}"
    );
}

#[tokio::test]
async fn a_string_is_a_line_and_anything_else_is_refused() {
    let stage = stage();
    let answer = post(&stage, r#"["disk full\n",5,null,[1],true,{}]"#).await;
    assert_eq!((answer.status, answer.accepted()), (207, Some(2)));
    let must_be = |found: &str| format!("event: must be an object or a string, is {found}");
    assert_eq!(answer.refusals(), ["a number", "null", "an array", "true or false"].map(must_be));
    assert_eq!(messages(&stage.events(0).await), ["disk full", ""]);
    assert_eq!(
        post(&stage, "5").await.detail(),
        "event: must be an object or a string, is a number (line 1)"
    );
    assert_eq!(post(&stage, " \n").await.status, 400);
}

#[tokio::test]
async fn an_id_of_the_producer_is_kept_and_events_without_one_differ() {
    let stage = stage();
    post_lines(&stage, "{\"id\":\"a-1\",\"msg\":\"x\"}\n{\"id\":\"a-1\",\"msg\":\"x\"}\n\"x\"\n\"x\"").await;
    let ids: Vec<_> = stage.events(0).await.iter().map(|event| event.id).collect();
    assert_eq!(ids[..2], [EventId::given("a-1"); 2]);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3);
}

#[tokio::test]
async fn what_another_watchkeeper_sends_on_stays_what_it_is() {
    let stage = stage();
    let written = concat!(
        r#"{"@id":"019adf3c-5d20-7000-8000-00003a5f1c2b","time":"2026-11-29T10:00:00Z","level":"warn","#,
        r#""service":"shop","host":"web-1","message":"timed out","fields":{"status":504}}"#
    );
    for _ in 0..2 {
        assert_eq!(post_lines(&stage, written).await.accepted(), Some(1));
    }
    let events = stage.events(0).await;
    assert_eq!(events[0], events[1]);
    assert_eq!((events[0].message.as_str(), &events[0].fields["status"]), ("timed out", &json!(504)));
}

#[tokio::test]
async fn report_11_pieces_of_a_line_of_docker_are_one_event() {
    let stage = stage();
    let half = "x".repeat(16_384);
    let piece = |log: &str, stream: &str| {
        json!({"log": log, "stream": stream, "time": "2026-11-29T10:00:00Z"}).to_string()
    };
    let body = [
        piece(&format!("{{\"msg\":\"{half}"), "stdout"),
        piece("on stderr\n", "stderr"),
        piece("the rest\"}\n", "stdout"),
        piece("no end", "stdout"),
    ]
    .join("\n");
    let answer = post_lines(&stage, body).await;
    assert_eq!((answer.status, answer.body), (202, json!({"accepted": 4})));
    let events = stage.events(0).await;
    assert_eq!(messages(&events), ["on stderr", &format!("{{\"msg\":\"{half}the rest\"}}"), "no end"]);
    assert_eq!(json!(events[1].fields), json!({"stream": "stdout"}));
    assert_eq!(json!(events[2].fields), json!({"stream": "stdout", "@marks": ["piece"]}));
}
