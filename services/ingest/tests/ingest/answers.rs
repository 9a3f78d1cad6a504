//! Every status that a sender may get.

use crate::stage::{Answer, Stage, failing, post, router, router_keeping, sample, send, taking_nothing};
use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER,
};
use axum::http::{HeaderName, Request};
use http_body_util::BodyExt as _;
use serde_json::json;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::iter;
use tower::ServiceExt as _;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_config::Document;
use watchkeeper_domain::Timestamp;
use watchkeeper_ingest::IngestConfig;
use watchkeeper_ports::EventBus;
use watchkeeper_runtime::http::{Access, PROBLEM_JSON, Tokens, token};
use watchkeeper_test_kit::{Staged, broken, rejected, unavailable};

fn on(bus: Arc<Staged<dyn EventBus>>) -> Router {
    router(IngestConfig::default(), bus, &Access::open())
}

fn with_header(name: HeaderName, value: &str) -> Request<Body> {
    let mut request = post(sample("a"));
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

#[tokio::test]
async fn accepted_202_is_answered_once_all_samples_are_on_the_bus() {
    let stage = Stage::new(IngestConfig::default());
    let answer = stage.post(format!("[{},{}]", sample("a"), sample("b"))).await;
    assert_eq!((answer.status, answer.body), (202, json!({"accepted": 2})));
    let keys: Vec<_> = stage.records(0).await.into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["test/a", "test/b"]);
}

#[tokio::test]
async fn a_client_of_the_platform_before_is_told_in_its_words_that_all_is_accepted() {
    let stage = Stage::new(IngestConfig::default());
    let post = async |body: String| {
        let request = Request::post("/api/v1/metrics").body(Body::from(body)).unwrap();
        let (head, body) = stage.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let kind = head.headers[CONTENT_TYPE].to_str().unwrap().to_owned();
        (head.status.as_u16(), kind, String::from_utf8(body.to_vec()).unwrap())
    };
    let accepted = post(format!("[{}]", sample("a"))).await;
    assert_eq!(accepted, (202, "text/plain; charset=utf-8".to_owned(), "Metrics accepted".to_owned()));
    let (status, kind, _) = post(format!("[{},{{}}]", sample("b"))).await;
    assert_eq!((status, kind.as_str()), (207, "application/json"));
    let (status, kind, told) = post("[".to_owned()).await;
    assert_eq!((status, kind.as_str()), (400, PROBLEM_JSON));
    assert!(told.contains("body: is not valid JSON"), "{told}");
}

#[tokio::test]
async fn an_empty_array_is_accepted_and_publishes_nothing() {
    let stage = Stage::new(IngestConfig::default());
    let answer = stage.post("[]").await;
    assert_eq!((answer.status, answer.body), (202, json!({"accepted": 0})));
    assert!(stage.records(0).await.is_empty());
}

#[tokio::test]
async fn multi_status_207_lists_what_is_refused_and_keeps_the_rest() {
    let stage = Stage::new(IngestConfig::default());
    let answer = stage.post_lines(format!("{}\n{{\"source\":\"test\"}}\n{}", sample("a"), sample("b"))).await;
    let refused = json!([{"index": 1, "field": "name", "reason": "is missing"}]);
    assert_eq!(answer.status, 207);
    assert_eq!(answer.body, json!({"accepted": 2, "refused_total": 1, "refused": refused}));
    assert_eq!(stage.records(0).await.len(), 2);
}

#[tokio::test]
async fn a_sample_older_than_the_retention_is_refused_beside_those_that_are_not() {
    let (directory, day) = (tempfile::tempdir().unwrap(), Duration::from_secs(24 * 60 * 60));
    let bus = EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap();
    let router = router_keeping(90 * day, IngestConfig::default(), Arc::new(bus), &Access::open());
    let dated = |name, days: u32| {
        let at = Timestamp::now().minus(days * day);
        format!(r#"{{"source":"test","name":"{name}","value":1,"collected_at":"{at}"}}"#)
    };
    let answer = send(&router, post(format!("[{},{}]", dated("old", 91), dated("young", 89)))).await;
    assert_eq!((answer.status, answer.accepted(), answer.indices()), (207, Some(1), vec![0]));
    assert!(answer.refusals()[0].ends_with("older than the retention of 90 days"), "{:?}", answer.refusals());
    let answer = send(&router, post(dated("old", 91))).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn bad_request_400_is_a_problem_with_field_and_limit() {
    let stage = Stage::new(IngestConfig::default());
    let long = sample(&"x".repeat(201));
    let answer = stage.post(long.clone()).await;
    assert_eq!((answer.status, &answer.headers[CONTENT_TYPE]), (400, &PROBLEM_JSON.parse().unwrap()));
    assert_eq!(answer.detail(), "name: has 201 bytes, the limit is 200");
    assert_eq!(
        answer.body["errors"],
        json!([{"field": "name", "reason": "has 201 bytes, the limit is 200"}])
    );

    let answer = stage.post(format!("[{long},5]")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.detail(),
        "all 2 samples are refused; the first: name: has 201 bytes, the limit is 200"
    );
    assert_eq!(answer.indices(), [0, 1]);
    assert_eq!(answer.refusals()[1], "sample: must be an object, is a number");
    assert!(stage.records(0).await.is_empty());
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let stage = Stage::new(IngestConfig::default());
    let parts = [Ok(sample("a") + "\n"), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    let answer = stage.post_lines(Body::from_stream(iter(parts))).await;
    assert_eq!(answer.status, 400);
    assert!(answer.detail().starts_with("body: broke off"), "{}", answer.detail());
    assert!(stage.records(0).await.is_empty());
}

#[tokio::test]
async fn unauthorized_401_forbidden_403_and_too_many_429_are_told_apart() {
    let ((reader, reads), (sensor, ingests)) = (token::generate().unwrap(), token::generate().unwrap());
    let tokens = format!(
        "[[token]]\nname = \"reader\"\nscopes = [\"read\"]\nsha256 = {reads:?}\n\
         [[token]]\nname = \"sensor\"\nscopes = [\"ingest\"]\nsha256 = {ingests:?}\nrequests_per_second = 1\n"
    );
    let tokens = Document::parse("tokens.toml", &tokens).unwrap().read(Tokens::read).unwrap();
    let (stage, access) = (Stage::new(IngestConfig::default()), Access::new(tokens));
    let router = router(IngestConfig::default(), stage.bus.clone(), &access);
    let with = |token: &str| with_header(AUTHORIZATION, &format!("Bearer {token}"));

    assert_eq!(send(&router, post(sample("a"))).await.status, 401);
    assert_eq!(send(&router, with("wk_unknown")).await.status, 401);
    assert_eq!(send(&router, with(&reader)).await.status, 403);
    assert!(stage.records(0).await.is_empty());

    assert_eq!(send(&router, with(&sensor)).await.status, 202);
    let limited = loop {
        let answer = send(&router, with(&sensor)).await;
        if answer.status != 202 {
            break answer;
        }
    };
    assert_eq!((limited.status, &limited.headers[RETRY_AFTER]), (429, &"1".parse().unwrap()));
}

#[tokio::test]
async fn unsupported_415_says_what_is_taken() {
    let stage = Stage::new(IngestConfig::default());
    let answer = send(&stage.router, with_header(CONTENT_TYPE, "text/csv")).await;
    assert_eq!(answer.status, 415);
    assert_eq!(
        answer.headers[ACCEPT],
        "application/json, application/x-ndjson, application/ndjson, application/jsonl"
    );
    let answer = send(&stage.router, with_header(CONTENT_ENCODING, "br")).await;
    assert_eq!(
        (answer.status, &answer.headers[ACCEPT_ENCODING]),
        (415, &"identity, gzip, zstd".parse().unwrap())
    );
}

#[tokio::test]
async fn unavailable_503_says_when_to_try_again() {
    for bus in [failing(unavailable("bus")), taking_nothing(unavailable("bus"))] {
        let answer = send(&on(bus), post(sample("a"))).await;
        assert_eq!((answer.status, &answer.headers[RETRY_AFTER]), (503, &"5".parse().unwrap()));
        assert_eq!(answer.detail(), "the bus is not available");
    }
}

#[tokio::test]
async fn a_batch_that_the_bus_never_takes_is_413_and_a_broken_bus_tells_no_details() {
    let too_large = rejected("bus", "the batch has 2 bytes, the limit is 1");
    let answer = send(&on(taking_nothing(too_large)), post(sample("a"))).await;
    let expected = "body: exceeds the limit of the bus (the batch has 2 bytes, the limit is 1): send fewer samples at \
        once, or raise that limit on the bus that [backends] names";
    assert_eq!((answer.status, answer.detail()), (413, expected));
    let answer = send(&on(failing(broken("bus"))), post(sample("a"))).await;
    assert_eq!(answer.status, 500);
    assert!(!answer.detail().contains("damaged"), "{}", answer.detail());
}

#[tokio::test]
async fn a_body_of_refused_samples_is_refused_whatever_the_bus_does() {
    let answer: Answer = send(&on(taking_nothing(unavailable("bus"))), post("[{}]")).await;
    assert_eq!(answer.status, 400);
}
