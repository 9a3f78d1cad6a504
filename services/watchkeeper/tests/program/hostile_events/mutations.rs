//! Good inputs with some bytes changed, left out, doubled or cut off; the same with every run.

use super::http::{
    EVENTS, GZIP, JSON, LOKI, NDJSON, OTLP, PROTOBUF, ZSTD, gzip, loki_push, otlp_export, snappy, zstd,
};
use super::{By, Input};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Of each good input.
const SEEDS: u64 = 12;
/// Most changes of one.
const MAX_CHANGES: usize = 6;

pub(super) fn of_each_protocol() -> Vec<Input> {
    let event = br#"[{"time":"2026-11-29T10:00:00Z","level":"warn","service":"odd","msg":"a \u00e9","n":[1,{"a":2.5e3}]}]"#;
    let lines = b"{\"msg\":\"a\",\"n\":1}\n\"a line\"\n{\"ts\":1795946400,\"lvl\":30}\n";
    let loki_json =
        br#"{"streams":[{"stream":{"app":"odd","env":"x"},"values":[["0","x",{"a":"b"}],["1","y"]]}]}"#;
    let otlp_json = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":13,"body":{"kvlistValue":
        {"values":[{"key":"a","value":{"intValue":"7"}}]}},"traceId":"5b8efff798038103d269b633813fc60c"}]}]}]}"#;
    let loki = loki_push(br#"{app="odd", env="x"}"#, b"a line");
    let otlp = otlp_export(b"a body");
    let message = br#"<14>1 2026-11-29T10:00:00.5+01:00 h odd 7 id [io@32473 path="C:\\tmp" q="a \"b\""][meta n="2"] text"#;
    let counted = [message.len().to_string().as_bytes(), b" ", message].concat().repeat(2);
    let bsd = b"<34>Oct 11 22:14:15 h odd[7]: text\n";
    let http = |path, headers: &[_], body| By::Http(path, headers.to_vec(), body);
    let mut inputs = Vec::new();
    for seed in 0..SEEDS {
        let mut random = StdRng::seed_from_u64(seed);
        let mut of = |bytes: &[u8]| mutated(&mut random, bytes);
        let all = [
            http(EVENTS, &[JSON], of(event)),
            http(EVENTS, &[NDJSON], of(lines)),
            http(EVENTS, &[JSON, GZIP], of(&gzip(event))),
            http(EVENTS, &[NDJSON, ZSTD], of(&zstd(lines))),
            http(LOKI, &[JSON], of(loki_json)),
            http(LOKI, &[PROTOBUF], of(&snappy(&loki))),
            http(LOKI, &[PROTOBUF], snappy(&of(&loki))),
            http(OTLP, &[JSON], of(otlp_json)),
            http(OTLP, &[PROTOBUF], of(&otlp)),
            http(OTLP, &[PROTOBUF, GZIP], of(&gzip(&otlp))),
            By::Grpc(of(&otlp)),
            By::Datagram(of(message)),
            By::Datagram(of(bsd)),
            By::Stream(of(&counted)),
            By::Stream(of(bsd)),
            By::Tls(of(&counted)),
            By::Port(of(b"POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")),
        ];
        let name = |number: usize| format!("mutation {number} of seed {seed}");
        inputs.extend(all.into_iter().enumerate().map(|(number, by)| Input::new(name(number), by)));
    }
    inputs
}

fn mutated(random: &mut StdRng, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(1..=MAX_CHANGES) {
        let at = random.random_range(0..bytes.len().max(1));
        match random.random_range(0..5) {
            0 if at < bytes.len() => bytes[at] = random.random(),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at.min(bytes.len()), random.random()),
            3 => bytes.extend_from_within(..at.min(bytes.len())),
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}
