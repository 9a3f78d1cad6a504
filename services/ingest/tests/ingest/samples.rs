//! What becomes of samples that are taken.

use crate::stage::{Stage, compressed, post, sample, send};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use flate2::Compression;
use flate2::read::GzEncoder;
use std::collections::BTreeSet;
use std::io::Read as _;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ingest::IngestConfig;
use watchkeeper_port_contract::services_before;
use watchkeeper_wire::sample::SampleDecoder;

const ITEM: &str = r#"{"source":"test","name":"a","labels":{"b":"2","a":1},"value":1.0,"collected_at":"2024-11-20T13:00:00+03:00"}"#;
const RECORD: &str = r#"{"source":"test","name":"a","labels":{"a":"1","b":"2"},"value":1,"CollectedAt":"2024-11-20T10:00:00Z"}"#;
const KEY: &str = r#"test/a{a="1",b="2"}"#;

async fn samples(stage: &Stage) -> Vec<Sample> {
    let mut decoder = SampleDecoder::new();
    stage.records(0).await.iter().map(|(_, value)| decoder.decode(value.as_bytes()).unwrap()).collect()
}

#[tokio::test]
async fn every_path_format_and_coding_gives_the_same_record() {
    let gzip = |body: &str| {
        let mut compressed = Vec::new();
        GzEncoder::new(body.as_bytes(), Compression::fast()).read_to_end(&mut compressed).unwrap();
        compressed
    };
    let go = ITEM
        .replace("source", "Source")
        .replace("name", "Name")
        .replace("labels", "Labels")
        .replace("value", "Value")
        .replace("collected_at", "CollectedAt");
    let lines = |body: String| {
        Request::post("/v1/samples").header(CONTENT_TYPE, "application/jsonl").body(body.into()).unwrap()
    };
    let older = |body: String| Request::post("/api/v1/metrics").body(body.into()).unwrap();
    let requests = [
        post(ITEM),
        post(format!(" [ {ITEM} ] ")),
        lines(format!("{ITEM}\r\n\n")),
        older(ITEM.to_owned()),
        older(go.clone()),
        post(go),
        compressed("gzip", gzip(ITEM)),
        compressed("zstd", zstd::encode_all(ITEM.as_bytes(), 1).unwrap()),
        compressed("identity", ITEM.as_bytes().to_vec()),
    ];
    let (stage, count) = (Stage::new(IngestConfig::default()), requests.len());
    for request in requests {
        assert_eq!(send(&stage.router, request).await.status, 202);
    }
    assert_eq!(stage.records(0).await, vec![(KEY.to_owned(), RECORD.to_owned()); count]);
}

#[tokio::test]
async fn what_is_published_is_read_by_the_services_before() {
    let stage = Stage::new(IngestConfig::default());
    let before = Timestamp::now();
    assert_eq!(stage.post(format!("[{ITEM},{}]", sample("plain"))).await.status, 202);
    let records = stage.records(0).await;
    let read = |at: usize| services_before::read(records[at].1.as_bytes()).unwrap();
    let (given, plain) = (read(0), read(1));
    assert_eq!((&*given.source, &*given.name, given.value), ("test", "a", 1.0));
    assert_eq!(given.labels.unwrap()["b"], "2");
    assert_eq!(given.collected_at, Some("2024-11-20T10:00:00Z".parse().unwrap()));
    assert!(plain.labels.is_some_and(|labels| labels.is_empty()));
    assert!(plain.collected_at.is_some_and(|at| at >= before));
}

#[tokio::test]
async fn samples_without_a_time_get_rising_times_of_arrival_across_bodies() {
    let stage = Stage::new(IngestConfig::default());
    let before = Timestamp::now();
    for _ in 0..3 {
        assert_eq!(stage.post_lines(vec![sample("a"); 100].join("\n")).await.status, 202);
    }
    let times: Vec<_> = samples(&stage).await.iter().map(|sample| sample.collected_at).collect();
    assert_eq!(times.len(), 300);
    assert!(times.is_sorted_by(|one, next| one < next));
    assert!(times[0] >= before);
}

#[tokio::test]
async fn samples_without_a_time_that_arrive_at_once_are_all_kept() {
    let stage = Stage::new(IngestConfig::default());
    let posts = (0..8).map(|_| {
        let (router, body) = (stage.router.clone(), vec![sample("a"); 100].join(",\n"));
        tokio::spawn(async move { send(&router, post(format!("[{body}]"))).await.status })
    });
    for posted in posts.collect::<Vec<_>>() {
        assert_eq!(posted.await.unwrap(), 202);
    }
    let times: BTreeSet<_> = samples(&stage).await.iter().map(|sample| sample.collected_at).collect();
    assert_eq!(times.len(), 800);
}

#[tokio::test]
async fn a_sample_given_twice_in_a_body_is_accepted_and_published_once() {
    let stage = Stage::new(IngestConfig::default());
    let contradiction = ITEM.replace("1.0", "2");
    let answer = stage.post(format!("[{ITEM},{ITEM},{contradiction}]")).await;
    assert_eq!((answer.status, answer.accepted(), answer.indices()), (207, Some(2), vec![2]));
    assert_eq!(answer.refusals(), ["value: differs from item 0, which is the same series at the same time"]);
    assert_eq!(stage.records(0).await.len(), 1);
}
