//! Exports of events.

use crate::events::{DAY, event};
use crate::platform::{Platform, at, ports, soon};
use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use std::collections::HashSet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower::ServiceExt as _;
use watchkeeper_api::ApiConfig;
use watchkeeper_domain::Event;
use watchkeeper_ports::PortError;
use watchkeeper_runtime::http::{Access, Limits, Listener};
use watchkeeper_test_kit::World;
use watchkeeper_wire::json::EventJson;

/// The parts of an export, and whether it ended without an error.
async fn export(platform: &Platform, parameters: &str) -> (Vec<String>, bool) {
    let request = Request::get(format!("/v1/events/export?{DAY}&{parameters}")).body(Body::empty()).unwrap();
    let response = soon(platform.http.clone().oneshot(request)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let (is_csv, headers) = (parameters.contains("csv"), response.headers());
    let (kind, name) = if is_csv {
        ("text/csv; charset=utf-8; header=present", "csv")
    } else {
        ("application/x-ndjson", "ndjson")
    };
    assert_eq!(headers[CONTENT_TYPE], kind);
    assert_eq!(headers[CONTENT_DISPOSITION], format!("attachment; filename=\"events.{name}\""));
    let (mut body, mut parts) = (response.into_body(), Vec::new());
    loop {
        match soon(body.frame()).await {
            Some(Ok(frame)) => parts.push(String::from_utf8(frame.into_data().unwrap().into()).unwrap()),
            Some(Err(_)) => return (parts, false),
            None => return (parts, true),
        }
    }
}

/// The rows of a CSV file, read as RFC 4180 says.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(!is_quoted && cell.is_empty() && row.is_empty());
    rows
}

#[tokio::test]
async fn all_of_many_events_are_exported_in_parts_of_limited_size() {
    let platform = Platform::start().await;
    let all: Vec<_> = (0..12_000).map(|number| event(&at("10:00:00"), &format!("line {number}"))).collect();
    platform.store_events(&all).await;
    let (parts, is_whole) = export(&platform, "order=oldest").await;
    assert!(is_whole);
    assert_eq!(parts.len(), 24, "a page of 500 at a time is in memory");
    let lines: Vec<Event> = parts
        .concat()
        .lines()
        .map(|line| serde_json::from_str::<EventJson>(line).unwrap().try_into().unwrap())
        .collect();
    assert_eq!(lines, all, "without loss, in order");
    let (parts, _) = export(&platform, "format=csv").await;
    let rows = rows(&parts.concat());
    let ids: HashSet<_> = rows.iter().skip(1).map(|row| row[0].clone()).collect();
    assert_eq!((rows.len(), ids.len()), (12_001, 12_000));
}

#[tokio::test]
async fn a_csv_file_is_read_as_rfc_4180_says_and_runs_no_formula() {
    let platform = Platform::start().await;
    let messages = ["one\ntwo", "a,b", "say \"hi\"", "=1+1", "@sum(a1)", "-2+3", "plain"];
    let all = messages.map(|message| event(&at("10:00:00"), message));
    platform.store_events(&all).await;
    let (parts, _) = export(&platform, "format=csv&order=oldest").await;
    let rows = rows(&parts.concat());
    assert_eq!(rows[0].join(","), "id,time,level,service,host,message,fields");
    let shown: Vec<_> = rows[1..].iter().map(|row| row[5].as_str()).collect();
    assert_eq!(shown, ["one\ntwo", "a,b", "say \"hi\"", "'=1+1", "'@sum(a1)", "'-2+3", "plain"]);
    let fields: serde_json::Value = serde_json::from_str(&rows[1][6]).unwrap();
    assert_eq!(fields["ctx"]["user"], "ann");
}

#[tokio::test]
async fn an_export_that_is_interrupted_says_that_it_is_cut_and_breaks() {
    let gone = || PortError::Unavailable { what: "store", reason: "gone".into() };
    for (format, expected) in [("ndjson", "{\"cut\":\"the events after"), ("csv", "cut: the events after")] {
        let world = World::new();
        let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
        world.events.fail_all(gone());
        let (parts, is_whole) = export(&platform, &format!("format={format}")).await;
        assert!(parts.last().unwrap().starts_with(expected), "{parts:?}");
        assert!(!is_whole);
    }
}

#[tokio::test]
async fn over_a_connection_the_client_reads_that_the_export_is_cut_and_sees_that_it_broke() {
    let world = World::new();
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    world.events.fail_all(PortError::Unavailable { what: "store", reason: "gone".into() });
    let listener =
        Listener::bind("http.listen", "127.0.0.1:0".parse().unwrap(), &Access::open()).await.unwrap();
    let address = listener.address();
    tokio::spawn(listener.serve(
        platform.http.clone(),
        Limits::default(),
        platform.context.shutdown().clone(),
    ));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /v1/events/export HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("{\"cut\":"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "the last chunk is missing: {answer}");
}
