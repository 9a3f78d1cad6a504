//! Every bound, reached and passed.

use crate::stage::{Stage, compressed, post, router, sample, send};
use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::convert::Infallible;
use std::io::Write as _;
use std::sync::Arc;
use tokio_stream::{StreamExt, iter, pending};
use watchkeeper_adapter_embedded::EmbeddedOptions;
use watchkeeper_ingest::{IngestConfig, SeriesLimits};
use watchkeeper_ports::{EventBus, Group, Topic};
use watchkeeper_runtime::http::{Access, MAX_FIELD_ERRORS};
use watchkeeper_test_kit::{Staged, outlet};

const MAX: usize = 1024;

/// A sample of exactly that many bytes.
fn sample_of(bytes: usize) -> String {
    let sample = sample("a");
    sample.clone() + &" ".repeat(bytes - sample.len())
}

fn gzip(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Sent without saying how large it is.
fn chunked(body: String) -> Body {
    Body::from_stream(iter(
        body.into_bytes().chunks(100).map(<[u8]>::to_vec).map(Ok::<_, Infallible>).collect::<Vec<_>>(),
    ))
}

#[tokio::test]
async fn the_largest_body_is_taken_and_a_larger_one_refused_announced_or_not() {
    let stage = Stage::new(IngestConfig { max_body: MAX, ..IngestConfig::default() });
    assert_eq!(stage.post(sample_of(MAX)).await.status, 202);
    assert_eq!(stage.post(chunked(sample_of(MAX))).await.status, 202);
    for body in [Body::from(sample_of(MAX + 1)), chunked(sample_of(MAX + 1))] {
        let answer = stage.post(body).await;
        assert_eq!(answer.status, 413);
        assert_eq!(
            answer.detail(),
            "body: has more than 1024 bytes, the limit set by `max_body` in [ingest]"
        );
    }
    assert_eq!(stage.records(0).await.len(), 2);
}

fn samples(names: &[&str]) -> String {
    let samples: Vec<_> = names.iter().map(|name| sample(name)).collect();
    format!("[{}]", samples.join(","))
}

#[tokio::test]
async fn as_many_series_are_taken_as_the_limit_and_samples_of_others_are_refused() {
    let series = SeriesLimits { per_token: 2, in_all: 9 };
    let stage = Stage::new(IngestConfig { series, ..IngestConfig::default() });
    assert_eq!(stage.post(samples(&["a", "b", "a"])).await.status, 202);
    let answer = stage.post(samples(&["a", "c", "b", "d"])).await;
    assert_eq!((answer.status, answer.accepted(), answer.indices()), (207, Some(2), vec![1, 3]));
    assert!(answer.refusals()[0].starts_with("series: is new, and all without a token have sent 2 "));
    let answer = stage.post(samples(&["c", "d"])).await;
    assert_eq!((answer.status, answer.indices()), (429, vec![0, 1]));
    assert!(answer.detail().contains("2 recently, the limit set by `max_series_per_token` in [ingest]"));
    assert_eq!(answer.body["type"], "urn:watchkeeper:problem:too-many-series");
    assert_eq!(answer.headers[RETRY_AFTER], "600");
    let answer = stage.post("[{},".to_owned() + &sample("c") + "]").await;
    assert_eq!(answer.status, 400, "something else is wrong, too");
    assert_eq!(stage.records(0).await.len(), 5);
}

#[tokio::test]
async fn the_largest_body_after_decompression_is_taken_and_a_larger_one_refused() {
    let stage = Stage::new(IngestConfig { max_decompressed: MAX, ..IngestConfig::default() });
    let answer = send(&stage.router, compressed("gzip", gzip(&sample_of(MAX)))).await;
    assert_eq!(answer.status, 202);
    let answer = send(&stage.router, compressed("gzip", gzip(&sample_of(MAX + 1)))).await;
    assert_eq!(answer.status, 413);
    assert!(answer.detail().contains("1024 bytes when decompressed"), "{}", answer.detail());
    assert!(answer.detail().contains("`max_decompressed` in [ingest]"), "{}", answer.detail());
}

#[tokio::test]
async fn as_many_items_as_the_limit_are_taken_and_one_more_refused() {
    let stage = Stage::new(IngestConfig { max_items: 3, ..IngestConfig::default() });
    let items = |count| vec![sample("a"); count];
    assert_eq!(stage.post(format!("[{}]", items(3).join(","))).await.status, 202);
    assert_eq!(stage.post_lines(items(3).join("\n")).await.status, 202);
    for answer in
        [stage.post(format!("[{}]", items(4).join(","))).await, stage.post_lines(items(4).join("\n")).await]
    {
        assert_eq!(answer.status, 413);
        assert_eq!(answer.detail(), "body: has more than 3 items, the limit set by `max_items` in [ingest]");
    }
    assert_eq!(stage.records(0).await.len(), 6);
}

#[tokio::test]
async fn the_default_number_of_items_is_taken_in_one_body() {
    let config = IngestConfig::default();
    let (stage, most) = (Stage::new(config.clone()), config.max_items);
    let answer = stage.post_lines(vec![sample("a"); most].join("\n")).await;
    assert_eq!((answer.status, answer.accepted()), (202, Some(most as u64)));
    assert_eq!(stage.post_lines(vec![sample("a"); most + 1].join("\n")).await.status, 413);
    assert_eq!(stage.records(0).await.len(), most);
}

#[tokio::test]
async fn a_body_within_every_limit_is_taken_however_much_its_records_come_to() {
    /// More than the embedded bus takes as one batch.
    const LARGE: usize = 64 << 20;
    let (config, label) = (IngestConfig::default(), "x".repeat(1_000));
    let item = |host: usize| {
        format!(r#"{{"source":"test","name":"a","labels":{{"host":"{host}","text":"{label}"}},"value":1}}"#)
    };
    let body = (0..45_000).map(item).collect::<Vec<_>>().join("\n");
    assert!(body.len() < config.max_decompressed);
    let stage = Stage::new(config);
    let mut request = compressed("gzip", gzip(&body));
    request.headers_mut().insert(CONTENT_TYPE, "application/x-ndjson".parse().unwrap());
    let answer = send(&stage.router, request).await;
    assert_eq!((answer.status, answer.accepted()), (202, Some(45_000)), "{}", answer.detail());
    let mut stored = (0, 0);
    while stored.0 < 45_000 {
        let records = stage.records(stored.0 as u64).await;
        stored.1 += records.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        stored.0 += records.len();
    }
    assert!(stored.1 > LARGE);
}

/// A role whose room is one body.
fn with_room_for_one_body() -> (Router, Arc<Staged<dyn EventBus>>) {
    let config = IngestConfig { max_body: MAX, max_in_hand: MAX, ..IngestConfig::default() };
    let bus = outlet();
    (router(config, bus.clone(), &Access::open()), bus)
}

#[tokio::test]
async fn past_the_bytes_that_may_be_in_hand_a_sender_is_told_to_come_back() {
    let (router, bus) = with_room_for_one_body();
    bus.hold("publish");
    let first = {
        let router = router.clone();
        tokio::spawn(async move { send(&router, post(sample("a"))).await })
    };
    bus.called("publish", |calls| calls.begun == 1).await;
    let answer = send(&router, post(sample_of(MAX))).await;
    assert_eq!((answer.status, &answer.headers[RETRY_AFTER]), (503, &"1".parse().unwrap()));
    assert_eq!(
        answer.detail(),
        "more than 1024 bytes are being processed, the limit set by `max_in_hand` in [ingest]"
    );
    bus.release("publish");
    assert_eq!(first.await.unwrap().status, 202);
    assert_eq!(send(&router, post(sample_of(MAX))).await.status, 202);
}

#[tokio::test]
async fn a_sender_that_leaves_gives_its_room_back() {
    let (router, _) = with_room_for_one_body();
    let endless = iter([Ok::<_, Infallible>(sample_of(MAX))]).chain(pending());
    let mut sending = Box::pin(send(&router, post(Body::from_stream(endless))));
    tokio::select! {
        biased;
        answer = &mut sending => panic!("answered before the body has ended: {answer:?}"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(send(&router, post(sample("a"))).await.status, 503);
    drop(sending);
    assert_eq!(send(&router, post(sample("a"))).await.status, 202);
}

#[tokio::test]
async fn as_many_refusals_are_listed_as_the_limit_and_all_are_counted() {
    let stage = Stage::new(IngestConfig::default());
    let bad = vec!["{}"; MAX_FIELD_ERRORS + 1].join("\n");
    let answer = stage.post_lines(format!("{bad}\n{}", sample("a"))).await;
    assert_eq!((answer.status, &answer.body["refused_total"]), (207, &(MAX_FIELD_ERRORS + 1).into()));
    assert_eq!(answer.refusals().len(), MAX_FIELD_ERRORS);
    let answer = stage.post_lines(bad).await;
    assert_eq!((answer.status, answer.refusals().len()), (400, MAX_FIELD_ERRORS));
    assert!(answer.detail().starts_with("all 101 samples are refused"), "{}", answer.detail());
}

#[tokio::test]
async fn a_full_bus_is_503_until_its_consumers_catch_up() {
    let options = EmbeddedOptions { max_backlog_bytes: 1, ..EmbeddedOptions::default() };
    let stage = Stage::with(IngestConfig::default(), &options);
    let _slow = stage.bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    let full = loop {
        let answer = stage.post(sample("a")).await;
        if answer.status != 202 {
            break answer;
        }
    };
    assert_eq!((full.status, full.headers.contains_key(RETRY_AFTER)), (503, true));
}
