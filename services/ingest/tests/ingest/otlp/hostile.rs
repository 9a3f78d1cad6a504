//! Hostile requests: nothing panics, no answer is 5xx, and the neighbours are stored.

use super::message::{export, export_raw, field, int, list, map, pairs, record, text};
use super::{JSON, PATH, PROTOBUF, gzip, json_of, partial, post, post_json, stage};
use crate::stage::Stage;
use prost::Message as _;
use serde_json::{Value, json};
use watchkeeper_domain::event::{CHANGED, CUT, MAX_FIELDS};
use watchkeeper_ingest::IngestConfig;
use watchkeeper_wire::event::MAX_SENT_BYTES;
use watchkeeper_wire::otlp::MAX_DEPTH;
use watchkeeper_wire::proto::opentelemetry::proto::common::v1::AnyValue;
use watchkeeper_wire::proto::opentelemetry::proto::logs::v1::LogRecord;

fn nested(depth: usize) -> AnyValue {
    (0..depth).fold(int(1), |inner, _| list([inner]))
}

/// The same as bytes, however deep.
fn nested_raw(depth: usize) -> Vec<u8> {
    let mut any = field(1, b"x");
    for _ in 0..depth {
        any = field(5, &field(1, &any));
    }
    field(5, &any)
}

fn attributes(count: usize) -> LogRecord {
    let names: Vec<_> = (0..count).map(|number| format!("a{number}")).collect();
    LogRecord { attributes: pairs(names.iter().map(|name| (name.as_str(), int(1)))), ..record("odd") }
}

#[tokio::test]
async fn a_hostile_record_of_protobuf_costs_no_neighbour() {
    let with_body = |body: AnyValue| LogRecord { body: Some(body), ..record("") }.encode_to_vec();
    for (name, record, is_taken) in [
        ("nothing", Vec::new(), true),
        ("unknown fields", b"\x78\x01\x7a\x02hi".to_vec(), true),
        ("a truncated field", b"\x0a\x05ab".to_vec(), false),
        ("a group", b"\x0b".to_vec(), false),
        ("a number without end", vec![0xff; 20], false),
        ("a length of 2^63", b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f".to_vec(), false),
        ("fields of other types", b"\x08\x01\x12\x01a\x2d\0\0\0\0\x4a\x00".to_vec(), true),
        ("a truncated body", field(5, b"\x0a\x05ab"), false),
        ("a truncated attribute", field(6, b"\x0a\x05ab"), false),
        ("bytes in a text", field(5, &field(1, b"caf\xe9")), true),
        ("a negative severity", b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01".to_vec(), true),
        ("a severity of 1,000", b"\x10\xe8\x07".to_vec(), true),
        ("short ids", [field(9, b"a"), field(10, b"")].concat(), true),
        ("a time far ahead", b"\x09\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), false),
        ("values 16 deep", with_body(nested(16)), true),
        ("values as deep as the limit", with_body(nested(MAX_DEPTH)), true),
        ("values one deeper", with_body(nested(MAX_DEPTH + 1)), false),
        ("values 50,000 deep", nested_raw(50_000), false),
        ("as many attributes as the limit", attributes(MAX_FIELDS).encode_to_vec(), true),
        ("1,000 attributes", attributes(1_000).encode_to_vec(), false),
        (
            "a name 300 bytes long",
            LogRecord { attributes: pairs([(&*"x".repeat(300), int(1))]), ..record("") }.encode_to_vec(),
            false,
        ),
        ("NaN", field(6, &[field(1, b"n"), field(2, b"\x21\0\0\0\0\0\0\xf8\x7f")].concat()), true),
        ("64 KiB of text", with_body(text(&"x".repeat(64 << 10))), true),
        ("a text past the limit of messages", with_body(text(&"x".repeat(300 << 10))), true),
        ("more bytes than a record may have", with_body(text(&"x".repeat(MAX_SENT_BYTES))), false),
    ] {
        let stage = stage();
        let answer = stage.post_to(PATH, &[PROTOBUF], export_raw(&record)).await;
        assert_eq!(answer.status, 200, "{name}");
        let events = stage.events(0).await;
        let neighbours = events.iter().filter(|event| event.message == "neighbour").count();
        assert_eq!(
            (neighbours, events.len()),
            (2, 2 + usize::from(is_taken)),
            "{name}: {:?}",
            partial(&answer)
        );
        assert_eq!(partial(&answer).map(|(rejected, _)| rejected), (!is_taken).then_some(1), "{name}");
    }
}

#[tokio::test]
async fn what_is_changed_to_store_a_record_is_marked() {
    let stage = stage();
    let nul = LogRecord { attributes: pairs([("a", map([("b\0", text("c\0"))]))]), ..record("x") };
    let deep = LogRecord { attributes: pairs([("a", nested(20))]), ..record("x") };
    assert_eq!(post(&stage, &[nul, deep]).await.status, 200);
    assert_eq!(
        stage.post_to(PATH, &[PROTOBUF], export_raw(&field(5, &field(1, b"caf\xe9")))).await.status,
        200
    );
    let json = json_of(&json!([{"body": {"stringValue": "caf#"}}, {}])).replace('#', "\u{0}");
    let json: Vec<u8> =
        json.into_bytes().into_iter().map(|byte| if byte == 0 { 0xe9 } else { byte }).collect();
    assert_eq!(post_json(&stage, json).await.status, 200);
    let events = stage.events(0).await;
    assert_eq!(events[0].fields["a"], json!({"b\u{2400}": "c\u{2400}"}));
    assert_eq!((events[3].message.as_str(), events[5].message.as_str()), ("caf\u{fffd}", "caf\u{fffd}"));
    let marks: Vec<_> = events.iter().map(|event| event.marks().next()).collect();
    assert_eq!(marks, [Some(CHANGED), Some(CUT), None, Some(CHANGED), None, Some(CHANGED), None]);
}

#[tokio::test]
async fn a_hostile_record_of_json_costs_no_neighbour() {
    let value = |value: Value| json!({"attributes": [{"key": "a", "value": value}]}).to_string();
    let deep = format!("{{\"body\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = json!({"body": {"stringValue": "x".repeat(MAX_SENT_BYTES)}}).to_string();
    let any = |depth: usize| {
        (0..depth).fold(json!({"intValue": 1}), |inner, _| json!({"arrayValue": {"values": [inner]}}))
    };
    for (record, is_taken) in [
        ("{}".to_owned(), true),
        ("1".into(), false),
        ("null".into(), false),
        ("[]".into(), false),
        (r#"{"body":"text"}"#.into(), false),
        (r#"{"body":{"stringValue":7}}"#.into(), false),
        (r#"{"body":{"unknownValue":7}}"#.into(), true),
        (r#"{"timeUnixNano":"soon"}"#.into(), false),
        (r#"{"timeUnixNano":-1}"#.into(), false),
        (r#"{"timeUnixNano":1.5}"#.into(), false),
        (r#"{"timeUnixNano":null,"severityNumber":"9","traceId":7,"spanId":null}"#.into(), true),
        (r#"{"attributes":{"a":1}}"#.into(), false),
        (r#"{"attributes":[1]}"#.into(), false),
        (r#"{"attributes":[{"value":{}}]}"#.into(), false),
        (r#"{"attributes":[{"key":"a"}]}"#.into(), true),
        (value(json!({"intValue": "x"})), false),
        (value(json!({"intValue": "9223372036854775808"})), false),
        (value(json!({"intValue": 1.5})), false),
        (value(json!({"boolValue": "true"})), false),
        (value(json!({"doubleValue": "NaN"})), true),
        (value(json!({"doubleValue": "x"})), false),
        (value(json!({"arrayValue": {"values": 7}})), false),
        (value(json!({"arrayValue": {}})), true),
        (value(json!({"kvlistValue": {"values": [1]}})), false),
        (value(any(30)), true),
        (value(any(200)), false),
        (json!({"attributes": vec![json!({"key": "same"}); 1_000]}).to_string(), true),
        (deep, false),
        (huge, false),
    ] {
        let stage = stage();
        let good = r#"{"body":{"stringValue":"neighbour"}}"#;
        let body =
            format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{good},{record},{good}]}}]}}]}}"#);
        let answer = post_json(&stage, body).await;
        let shown: String = record.chars().take(80).collect();
        assert_eq!(
            (answer.status, stage.events(0).await.len()),
            (200, 2 + usize::from(is_taken)),
            "{shown}: {:?}",
            answer.body
        );
        assert_eq!(answer.body.get("partialSuccess").is_none(), is_taken, "{shown}");
    }
}

#[tokio::test]
async fn a_hostile_resource_or_scope_costs_no_other() {
    let stage = stage();
    let good = json!({"scopeLogs": [{"logRecords": [{}]}]}).to_string();
    let bodies = [
        "7",
        "[]",
        r#"{"scopeLogs":7}"#,
        r#"{"scopeLogs":[7]}"#,
        r#"{"scopeLogs":[{"logRecords":7}]}"#,
        r#"{"resource":7,"scopeLogs":[{"logRecords":[{}]}]}"#,
        r#"{"resource":{"attributes":7},"scopeLogs":[{"logRecords":[{}]}]}"#,
        r#"{"scopeLogs":[{"scope":[],"logRecords":[{}]}]}"#,
    ];
    for (number, odd) in (1..).zip(bodies) {
        let answer = post_json(&stage, format!(r#"{{"resourceLogs":[{good},{odd},{good}]}}"#)).await;
        assert_eq!(answer.status, 200, "{odd}");
        assert_eq!(answer.body["partialSuccess"]["rejectedLogRecords"], "1", "{odd}");
        assert_eq!(stage.events(0).await.len(), 2 * number, "{odd}");
    }
    // A resource that cannot be read costs its own records.
    let logs = |resource: &[u8]| {
        let records = field(2, &record("x").encode_to_vec());
        field(1, &[field(2, &records), field(1, resource)].concat())
    };
    let body = [logs(b""), logs(b"\x0a\x05ab"), logs(b"")].concat();
    let answer = stage.post_to(PATH, &[PROTOBUF], body).await;
    assert_eq!(partial(&answer).map(|(rejected, _)| rejected), Some(1));
}

#[tokio::test]
async fn a_hostile_request_is_refused_as_a_whole_with_a_reason() {
    let good = export(&[record("a")]);
    let stage = Stage::new(IngestConfig { max_decompressed: 64 << 10, ..IngestConfig::default() });
    for (name, headers, body, status) in [
        ("truncated protobuf", &[PROTOBUF][..], good[..good.len() - 1].to_vec(), 400),
        ("no protobuf", &[PROTOBUF], b"{\"resourceLogs\":[]}".to_vec(), 400),
        ("a length of 2^63", &[PROTOBUF], b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f".to_vec(), 400),
        ("no JSON", &[JSON], b"resourceLogs".to_vec(), 400),
        ("truncated JSON", &[JSON], b"{\"resourceLogs\":[".to_vec(), 400),
        ("an array", &[JSON], b"[1]".to_vec(), 400),
        ("depth", &[JSON], vec![b'['; 100_000], 400),
        ("nothing", &[JSON], Vec::new(), 400),
        ("no gzip", &[PROTOBUF, ("content-encoding", "gzip")], good.clone(), 400),
        ("a bomb", &[PROTOBUF, ("content-encoding", "gzip")], gzip(&vec![0; 1 << 20]), 413),
        ("snappy", &[PROTOBUF, ("content-encoding", "snappy")], good.clone(), 415),
        ("text", &[("content-type", "text/plain")], good.clone(), 415),
    ] {
        let answer = stage.post_to(PATH, headers, body).await;
        assert_eq!((answer.status, answer.bytes.len() > 10), (status, true), "{name}");
    }
    assert!(stage.events(0).await.is_empty());
}

#[tokio::test]
async fn no_more_records_are_taken_than_the_limit_and_empty_ones_count() {
    let stage = Stage::new(IngestConfig { max_items: 3, ..IngestConfig::default() });
    let empty = |count: usize| vec![LogRecord::default(); count];
    assert_eq!(post(&stage, &empty(3)).await.status, 200);
    assert_eq!(post(&stage, &empty(4)).await.status, 413);
    assert_eq!(post_json(&stage, json_of(&json!([{}, {}, {}]))).await.status, 200);
    assert_eq!(post_json(&stage, json_of(&json!([{}, {}, {}, {}]))).await.status, 413);
    assert_eq!(stage.events(0).await.len(), 6);
}
