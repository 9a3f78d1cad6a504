//! Requests over HTTP: events, Loki's push, OTLP.

use super::odd::{TIMES, json, json_string, texts};
use super::{By, GOOD, Input};
use flate2::Compression;
use flate2::read::GzEncoder;
use std::io::Read as _;

pub(super) const EVENTS: &str = "/v1/events";
pub(super) const LOKI: &str = "/loki/api/v1/push";
pub(super) const OTLP: &str = "/v1/logs";

pub(super) const JSON: (&str, &str) = ("content-type", "application/json");
pub(super) const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");
pub(super) const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
pub(super) const GZIP: (&str, &str) = ("content-encoding", "gzip");
pub(super) const ZSTD: (&str, &str) = ("content-encoding", "zstd");
/// What is decompressed to more than `max_decompressed`.
const BOMB_BYTES: usize = 70 << 20;

/// A good event, in JSON.
pub(super) fn good(path: &str, number: u64) -> Vec<u8> {
    match path {
        LOKI => format!(r#"{{"streams":[{{"stream":{{"app":"{GOOD}"}},"values":[["0","{number}"]]}}]}}"#),
        OTLP => format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{GOOD}"}}}}]}},
            "scopeLogs":[{{"logRecords":[{{"body":{{"stringValue":"{number}"}}}}]}}]}}]}}"#
        ),
        _ => format!(r#"[{{"service":"{GOOD}","message":"{number}"}}]"#),
    }
    .into_bytes()
}

pub(super) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    GzEncoder::new(body, Compression::fast()).read_to_end(&mut compressed).unwrap();
    compressed
}

pub(super) fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 1).unwrap()
}

pub(super) fn snappy(body: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(body).unwrap()
}

/// A field of protobuf that is a message, a text or bytes.
pub(super) fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut field);
    field.extend_from_slice(content);
    field
}

/// Loki's push of one entry without a time, in protobuf.
pub(super) fn loki_push(labels: &[u8], line: &[u8]) -> Vec<u8> {
    field(1, &[field(1, labels), field(2, &field(2, line))].concat())
}

/// OTLP's export of one record with this body, in protobuf.
pub(super) fn otlp_export(text: &[u8]) -> Vec<u8> {
    otlp_record(&field(5, &field(1, text)))
}

pub(super) fn otlp_record(record: &[u8]) -> Vec<u8> {
    field(1, &field(2, &field(2, record)))
}

pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = Vec::new();
    let mut add = |name: String, path, headers: &[(&'static str, &'static str)], body| {
        inputs.push(Input::new(name, By::Http(path, headers.to_vec(), body)));
    };
    for (name, text) in texts() {
        let string = json_string(&text);
        let join = |parts: &[&[u8]]| parts.concat();
        add(format!("JSON: {name}"), EVENTS, &[JSON], join(&[b"[{\"msg\":", &string, b"}]"]));
        add(format!("a body: {name}"), EVENTS, &[NDJSON], text.clone());
        let loki = join(&[br#"{"streams":[{"stream":{"app":"odd"},"values":[["0","#, &string, b"]]}]}"]);
        add(format!("Loki's JSON: {name}"), LOKI, &[JSON], loki);
        add(
            format!("Loki's protobuf: {name}"),
            LOKI,
            &[PROTOBUF],
            snappy(&loki_push(b"{app=\"odd\"}", &text)),
        );
        add(format!("Loki's labels: {name}"), LOKI, &[PROTOBUF], snappy(&loki_push(&text, b"x")));
        let otlp = join(&[
            br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"#,
            &string,
            b"}}]}]}]}",
        ]);
        add(format!("OTLP's JSON: {name}"), OTLP, &[JSON], otlp);
        add(format!("OTLP's protobuf: {name}"), OTLP, &[PROTOBUF], otlp_export(&text));
    }
    for (name, item) in json() {
        add(format!("an item: {name}"), EVENTS, &[JSON], [b"[", &item[..], b"]"].concat());
        add(format!("gzip of an item: {name}"), EVENTS, &[NDJSON, GZIP], gzip(&item));
        let loki = [br#"{"streams":[{"stream":"#, &item[..], br#","values":[["0","x"],"#, &item[..], b"]}]}"];
        add(format!("Loki's JSON: {name}"), LOKI, &[JSON], loki.concat());
        let otlp = [br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":["#, &item[..], b"]}]}]}"];
        add(format!("OTLP's JSON: {name}"), OTLP, &[JSON], otlp.concat());
    }
    for time in TIMES {
        add(
            format!("the time {time}"),
            EVENTS,
            &[JSON],
            format!("[{{\"time\":{time},\"msg\":\"x\"}}]").into(),
        );
        let loki = format!(r#"{{"streams":[{{"stream":{{}},"values":[[{time},"x"]]}}]}}"#);
        add(format!("Loki's time {time}"), LOKI, &[JSON], loki.into());
        let record = format!(r#"{{"timeUnixNano":{time},"body":{{"stringValue":"x"}}}}"#);
        let otlp = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#);
        add(format!("OTLP's time {time}"), OTLP, &[JSON], otlp.into());
    }
    inputs.extend(codings());
    inputs.extend(framing());
    inputs
}

/// Content types, codings, bombs.
fn codings() -> Vec<Input> {
    let bomb = vec![b'['; BOMB_BYTES];
    let mut inputs = Vec::new();
    for path in [EVENTS, LOKI, OTLP] {
        let body =
            good(path, 0).iter().map(|byte| if *byte == b'g' { b'b' } else { *byte }).collect::<Vec<_>>();
        let mut add = |name: &str, headers: &[(&'static str, &'static str)], body: &[u8]| {
            inputs
                .push(Input::new(format!("{path}: {name}"), By::Http(path, headers.to_vec(), body.to_vec())));
        };
        add("a bomb of gzip", &[JSON, GZIP], &gzip(&bomb));
        add("a bomb of zstd", &[JSON, ZSTD], &zstd(&bomb));
        add("a bomb of snappy", &[PROTOBUF], &snappy(&bomb));
        add("a block of snappy that says it has 4 GiB", &[PROTOBUF], b"\xff\xff\xff\xff\x0f");
        add("truncated gzip", &[JSON, GZIP], &gzip(&body)[..15]);
        add("truncated zstd", &[JSON, ZSTD], &zstd(&body)[..15]);
        add("gzip twice", &[JSON, GZIP], &gzip(&gzip(&body)));
        add("JSON as gzip", &[JSON, GZIP], &body);
        add("gzip as JSON", &[JSON], &gzip(&body));
        add("JSON as protobuf", &[PROTOBUF], &body);
        add("another coding", &[JSON, ("content-encoding", "br")], &body);
        add("codings one in the other", &[JSON, ("content-encoding", "gzip, gzip, gzip, zstd")], &body);
        add("another type", &[("content-type", "text/html")], &body);
        add("no type", &[], &body[1..]);
        add("a type that is none", &[("content-type", "application/json;;;=\"")], &body);
        add("another character set", &[("content-type", "application/json; charset=utf-16")], &body);
        add("a length of 2^63", &[PROTOBUF], b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
        add("a length of 2^63 in snappy", &[PROTOBUF], &snappy(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
        add("groups of protobuf", &[PROTOBUF], &snappy(&vec![0x0b; 50_000]));
        add("numbers without end", &[PROTOBUF], &[0xff; 100]);
    }
    inputs
}

/// What is no request, or breaks off.
fn framing() -> Vec<Input> {
    let head = format!("POST {EVENTS} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n");
    [
        ("nothing", Vec::new()),
        ("a truncated head", head.clone().into()),
        ("a truncated body", format!("{head}Content-Length: 500\r\n\r\n[{{\"msg\":\"").into()),
        ("a length that is no number", format!("{head}Content-Length: many\r\n\r\n[]").into()),
        ("two lengths", format!("{head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]").into()),
        ("a negative length", format!("{head}Content-Length: -2\r\n\r\n[]").into()),
        ("a length of 2^70", format!("{head}Content-Length: 1180591620717411303424\r\n\r\n[]").into()),
        (
            "a length and chunks",
            format!("{head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").into(),
        ),
        (
            "a chunk without a size",
            format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n").into(),
        ),
        ("a truncated chunk", format!("{head}Transfer-Encoding: chunked\r\n\r\nffff\r\n[").into()),
        ("a chunk of 2^64", format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n[").into()),
        ("a header of 1 MiB", format!("{head}X: {}\r\n\r\n", "x".repeat(1 << 20)).into()),
        ("1,000 headers", format!("{head}{}\r\n", "X: y\r\n".repeat(1_000)).into()),
        ("a NUL in a header", format!("{head}X: a\0b\r\nContent-Length: 2\r\n\r\n[]").into()),
        ("bytes only", vec![0xff; 5_000]),
        ("syslog", b"<14>1 - h odd 7 - - x\n".to_vec()),
        ("a preface of HTTP/2 and noise", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[0xff; 100][..]].concat()),
        ("a hello of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
    ]
    .into_iter()
    .map(|(name, bytes): (&str, Vec<u8>)| Input::new(format!("the port of HTTP: {name}"), By::Port(bytes)))
    .collect()
}
