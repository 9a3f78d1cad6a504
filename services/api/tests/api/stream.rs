//! Live samples as server-sent events.

use crate::platform::{Platform, at, sample, soon};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use prometheus::TextEncoder;
use serde_json::{Value, json};
use std::collections::VecDeque;
use tower::ServiceExt as _;
use watchkeeper_api::ApiConfig;
use watchkeeper_domain::Sample;
use watchkeeper_port_contract::hostile;
use watchkeeper_ports::{BatchBuilder, Topic};

/// Batches that a stream may lag before it misses some.
const MAX_BEHIND_BATCHES: u32 = 64;

/// The events of one stream.
pub(crate) struct Events {
    body: Body,
    text: String,
    read: VecDeque<(String, Value)>,
}

impl Events {
    pub(crate) async fn open(platform: &Platform, path: &str) -> Self {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = soon(platform.http.clone().oneshot(request)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
        Self { body: response.into_body(), text: String::new(), read: VecDeque::new() }
    }

    /// The name and data of the next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        while self.read.is_empty() {
            let frame = soon(self.body.frame()).await?.unwrap();
            self.text.push_str(str::from_utf8(&frame.into_data().unwrap()).unwrap());
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                if let (Some(name), Some(data)) = (field("event: "), field("data: ")) {
                    self.read.push_back((name.to_owned(), serde_json::from_str(data).unwrap()));
                }
                let rest = rest.to_owned();
                self.text = rest;
            }
        }
        self.read.pop_front()
    }
}

fn numbered(number: u32) -> Sample {
    sample("host", "load", "a", &at("10:00:00"), number.into())
}

#[tokio::test]
async fn a_sample_that_is_published_after_the_stream_began_is_delivered() {
    let platform = Platform::start().await;
    platform.publish(&[numbered(0)]).await;
    let mut events = Events::open(&platform, "/v1/stream?source=host&label.host=a").await;
    platform.publish(&[sample("edge", "load", "a", &at("10:00:00"), 7.0), numbered(1), numbered(2)]).await;
    for number in [1.0, 2.0] {
        let expected = json!({
            "source": "host",
            "name": "load",
            "labels": { "host": "a" },
            "value": number,
            "collected_at": at("10:00:00"),
        });
        assert_eq!(events.next().await, Some(("sample".to_owned(), expected)));
    }
}

#[tokio::test]
async fn a_copy_is_on_no_stream_and_a_series_of_our_own_labelled_so_is() {
    let platform = Platform::start().await;
    let mut events = Events::open(&platform, "/v1/stream").await;
    let labelled = |value: u32| {
        format!(
            r#"{{"source":"host","name":"load","labels":{{"cached":"true"}},"value":{value},"CollectedAt":"{}"}}"#,
            at("10:00:00")
        )
    };
    let mut batch = BatchBuilder::default();
    batch.push(b"", labelled(1).as_bytes());
    batch.push(br#"host/load{cached="true"}"#, labelled(2).as_bytes());
    platform.ports.bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();
    let (_, shown) = events.next().await.unwrap();
    assert_eq!((&shown["labels"]["cached"], &shown["value"]), (&json!("true"), &json!(2.0)));
    let text = TextEncoder::new().encode_to_string(&platform.context.registry().gather()).unwrap();
    assert!(text.contains("watchkeeper_api_copies_total 1"), "{text}");
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_learns_how_many_samples_it_missed() {
    let platform = Platform::start().await;
    let mut slow = Events::open(&platform, "/v1/stream").await;
    let mut fast = Events::open(&platform, "/v1/stream").await;
    let total = MAX_BEHIND_BATCHES + 6;
    for number in 0..total {
        platform.publish(&[numbered(number)]).await;
        // So that each is a batch of its own.
        fast.next().await.unwrap();
    }
    assert_eq!(slow.next().await, Some(("lagged".to_owned(), json!({ "missed": 6 }))));
    for number in 6..total {
        let (name, data) = slow.next().await.unwrap();
        assert_eq!((name.as_str(), data["value"].as_f64()), ("sample", Some(f64::from(number))));
    }
}

#[tokio::test]
async fn more_streams_than_the_limit_are_refused_until_one_is_closed() {
    let platform = Platform::with(ApiConfig { streams: 2, ..ApiConfig::default() }).await;
    let first = Events::open(&platform, "/v1/stream").await;
    let _second = Events::open(&platform, "/v1/stream").await;
    let (status, problem) = platform.get("/v1/stream").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem["type"], "urn:watchkeeper:problem:too-many-streams");
    assert!(
        problem["detail"].as_str().unwrap().starts_with("2 streams are open, which is the limit"),
        "{problem}"
    );
    drop(first);
    Events::open(&platform, "/v1/stream").await;
}

#[tokio::test]
async fn a_stream_can_begin_again_after_the_last_one_ended() {
    let platform = Platform::start().await;
    for number in 0..3 {
        let mut events = Events::open(&platform, "/v1/stream").await;
        platform.publish(&[numbered(number)]).await;
        assert_eq!(events.next().await.unwrap().1["value"].as_f64(), Some(f64::from(number)));
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_role_is_asked_to_stop() {
    let platform = Platform::start().await;
    let mut events = Events::open(&platform, "/v1/stream").await;
    platform.stop().await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn more_samples_than_come_in_together_all_arrive_in_order() {
    let platform = Platform::start().await;
    let mut events = Events::open(&platform, "/v1/stream").await;
    let samples: Vec<_> = (0..2_500).map(numbered).collect();
    platform.publish(&samples).await;
    for number in 0..2_500 {
        let (name, data) = events.next().await.unwrap();
        assert_eq!((name.as_str(), data["value"].as_f64()), ("sample", Some(f64::from(number))));
    }
}

#[tokio::test]
async fn the_good_sample_behind_whatever_comes_to_the_topic_is_delivered() {
    for seed in 0..24 {
        let platform = Platform::start().await;
        let mut events = Events::open(&platform, "/v1/stream?source=host").await;
        platform.ports.bus.publish(&Topic::METRICS, hostile::records(seed)).await.unwrap();
        platform.publish(&[numbered(7)]).await;
        let (name, data) = events.next().await.unwrap();
        assert_eq!((name.as_str(), &data["value"]), ("sample", &json!(7.0)), "seed {seed}");
    }
}
