//! Hostile bodies: nothing panics, no answer is 5xx, and the neighbours are stored.

use super::{LINES, post, post_lines, stage};
use crate::stage::{Stage, router, send};
use axum::http::Request;
use watchkeeper_domain::event::{MAX_FIELDS, MAX_MESSAGE_BYTES};
use watchkeeper_ingest::IngestConfig;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::{outlet, unavailable};
use watchkeeper_wire::event::MAX_SENT_BYTES;

const GOOD: &str = r#"{"msg":"neighbour"}"#;

/// A name, an item, and whether it is taken.
fn items() -> Vec<(&'static str, String, bool)> {
    let fields = |count: usize| {
        let fields: Vec<_> = (0..count).map(|number| format!("\"f{number}\":1")).collect();
        format!("{{{}}}", fields.join(","))
    };
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth))
    };
    vec![
        ("an empty object", "{}".into(), true),
        ("an empty string", "\"\"".into(), true),
        ("escapes only", r#"{"msg":"\u0001\u001b[31m\ud83d\ude00"}"#.into(), true),
        ("half a surrogate pair", r#"{"msg":"\ud800"}"#.into(), false),
        ("an unknown escape", r#"{"msg":"\x41"}"#.into(), false),
        ("a NUL in a name", r#"{"a\u0000":1}"#.into(), true),
        ("a raw control character", "{\"msg\":\"a\u{1}b\"}".into(), false),
        ("a number past 64 bits", r#"{"n":99999999999999999999999999}"#.into(), true),
        ("a number past a float", r#"{"n":1e999}"#.into(), false),
        ("NaN", r#"{"n":NaN}"#.into(), false),
        ("a name twice", r#"{"a":1,"a":2}"#.into(), true),
        ("no quotes", "{a:1}".into(), false),
        ("single quotes", "{'a':1}".into(), false),
        ("a trailing comma", r#"{"a":1,}"#.into(), false),
        ("a truncated object", r#"{"a":"#.into(), false),
        ("a truncated string", r#"{"a":"b"#.into(), false),
        ("a line that is no JSON", "10:00 gate down".into(), false),
        ("as many fields as the limit", fields(MAX_FIELDS), true),
        ("one field more", fields(MAX_FIELDS + 1), false),
        ("1,000 labels", fields(1000), false),
        ("64 KiB in a line", format!(r#"{{"msg":"{}"}}"#, "x".repeat(64 << 10)), true),
        (
            "more than a message may have",
            format!(r#"{{"msg":"{}"}}"#, "x".repeat(MAX_MESSAGE_BYTES + 1)),
            true,
        ),
        ("fields of more bytes than the limit", format!(r#"{{"f":"{}"}}"#, "x".repeat(300 << 10)), false),
        ("a long name", format!(r#"{{"{}":1}}"#, "x".repeat(1000)), false),
        ("as many bytes as the limit", format!("{{\"a\":1{}}}", " ".repeat(MAX_SENT_BYTES - 7)), true),
        ("one byte more", format!("{{\"a\":1{}}}", " ".repeat(MAX_SENT_BYTES - 6)), false),
        ("objects 17 deep", nested("{\"a\":", "}", 17), true),
        ("arrays 120 deep", nested("[", "]", 120), true),
        ("arrays 200 deep", nested("[", "]", 200), false),
        ("arrays 100,000 deep", nested("[", "]", 100_000), false),
        ("open arrays only", "[".repeat(100_000), false),
        ("a time in 1970", r#"{"time":1}"#.into(), true),
        ("a time before 1970", r#"{"time":-5}"#.into(), true),
        ("a time in the year 58881", r#"{"time":1795946400000000000000}"#.into(), true),
        ("a time next century", r#"{"time":"2126-11-29T10:00:00Z"}"#.into(), false),
        ("no time at all", r#"{"time":"soon"}"#.into(), true),
        (
            "everything of another type",
            r#"{"time":[],"level":{},"msg":1,"service":null,"host":[],"id":{}}"#.into(),
            true,
        ),
        ("marks of the sender", r#"{"@marks":{"a":1},"msg":"a\u0000"}"#.into(), true),
        ("a record that only looks written", r#"{"@id":"7","msg":"x"}"#.into(), true),
        ("a long id", format!(r#"{{"id":"{}"}}"#, "x".repeat(10_000)), true),
        ("a long host", format!(r#"{{"host":"{}"}}"#, "x".repeat(10_000)), true),
    ]
}

#[tokio::test]
async fn a_hostile_item_is_taken_or_refused_and_costs_no_neighbour() {
    let stage = stage();
    let mut seen = 0;
    for (name, item, is_taken) in items() {
        let answer = post_lines(&stage, format!("{GOOD}\n{item}\n{GOOD}\n")).await;
        let accepted = 2 + u64::from(is_taken);
        let status = if is_taken { 202 } else { 207 };
        assert_eq!((answer.status, answer.accepted()), (status, Some(accepted)), "{name}: {:?}", answer.body);
        let events = stage.events(seen).await;
        seen += events.len() as u64;
        let neighbours = events.iter().filter(|event| event.message == "neighbour").count();
        assert_eq!((events.len() as u64, neighbours), (accepted, 2), "{name}");
        if !is_taken {
            assert!(
                answer.refusals().iter().all(|refusal| refusal.contains("(line 2)")),
                "{name}: {:?}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn a_hostile_body_is_refused_as_a_whole_with_a_reason() {
    let stage = stage();
    let deep = "[".repeat(100_000);
    for (name, headers, body, status) in [
        ("nothing", &[][..], &b""[..], 400),
        ("blanks", &[], b" \r\n\t", 400),
        ("an open array", &[], b"[{\"a\":1}", 400),
        ("a truncated object", &[], b"{\"a\":", 400),
        ("depth", &[], deep.as_bytes(), 400),
        ("bytes", &[], b"\xff\xfe\x00", 400),
        ("no gzip", &[("content-encoding", "gzip")], b"{\"a\":1}", 400),
        ("snappy", &[("content-encoding", "snappy")], b"{\"a\":1}", 415),
        ("a form", &[("content-type", "application/x-www-form-urlencoded")], b"{\"a\":1}", 415),
        ("protobuf", &[("content-type", "application/x-protobuf")], b"\x0a\x00", 415),
    ] {
        let answer = stage.post_to("/v1/events", headers, body.to_vec()).await;
        assert_eq!(answer.status, status, "{name}");
        assert!(!answer.detail().is_empty(), "{name}");
    }
    assert!(stage.events(0).await.is_empty());
}

#[tokio::test]
async fn the_bounds_on_bodies_and_items_hold_for_events() {
    let config =
        IngestConfig { max_body: 1024, max_decompressed: 2048, max_items: 3, ..IngestConfig::default() };
    let stage = Stage::new(config);
    assert_eq!(post_lines(&stage, "{} {} {}").await.accepted(), Some(3));
    for body in ["{} {} {} {}".to_owned(), "{}\n".repeat(4), " ".repeat(1025)] {
        assert_eq!(post_lines(&stage, body).await.status, 413);
    }
    assert_eq!(post(&stage, "[{},{},{},{}]").await.status, 413);
    let bomb = zstd::encode_all(&[b' '; 4096][..], 1).unwrap();
    let answer = stage.post_to("/v1/events", &[LINES, ("content-encoding", "zstd")], bomb).await;
    assert_eq!(answer.status, 413);
    assert_eq!(stage.events(0).await.len(), 3);
}

#[tokio::test]
async fn while_the_bus_is_unavailable_the_sender_is_told_to_come_back() {
    let bus = outlet();
    bus.fail("publish", unavailable("bus"));
    let router = router(IngestConfig::default(), bus, &Access::open());
    let answer = send(&router, Request::post("/v1/events").body(GOOD.into()).unwrap()).await;
    assert_eq!((answer.status, answer.headers["retry-after"].as_bytes()), (503, &b"5"[..]));
}
