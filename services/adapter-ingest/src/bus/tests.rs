use super::*;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use flate2::read::GzDecoder;
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use watchkeeper_ports::{BatchBuilder, Failure};
use watchkeeper_test_kit::{nowhere, serve, serve_always};

fn batch(values: &[&str]) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    for value in values {
        batch.push(b"key", value.as_bytes());
    }
    batch.finish()
}

fn bus(url: &str) -> IngestBus {
    IngestBus::new(&url.parse().unwrap(), IngestOptions::default())
}

async fn publish(url: &str, values: &[&str]) -> Result<(), PortError> {
    bus(url).publish(&Topic::METRICS, batch(values)).await
}

async fn failure<R>(answer: R, values: &[&str]) -> PortError
where
    R: IntoResponse + Clone + Send + Sync + 'static,
{
    publish(&serve_always(answer).await, values).await.unwrap_err()
}

/// A server that keeps what it receives, decompressed, with the header `authorization`.
async fn keeping() -> (String, Arc<Mutex<Vec<(String, String)>>>) {
    let kept = Arc::<Mutex<Vec<_>>>::default();
    let keep = Arc::clone(&kept);
    let take = async move |headers: axum::http::HeaderMap, body: axum::body::Bytes| {
        let mut text = String::new();
        GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
        let token = headers.get("authorization").map_or("", |token| token.to_str().unwrap());
        keep.lock().unwrap().push((token.to_owned(), text));
        StatusCode::ACCEPTED
    };
    (serve(Router::new().route("/hub/v1/samples", post(take))).await, kept)
}

#[tokio::test]
async fn a_batch_arrives_as_lines_with_the_token_below_the_path_of_the_url() {
    let (url, kept) = keeping().await;
    let url = format!("{url}/hub/").parse().unwrap();
    let access = Access { authorization: Some("Bearer s3cret".to_owned().into()), ..Access::default() };
    let bus = IngestBus::new(&url, IngestOptions { access });
    bus.publish(&Topic::METRICS, batch(&["{\"a\":1}", "{\"b\":2}"])).await.unwrap();
    assert_eq!(*kept.lock().unwrap(), [("Bearer s3cret".to_owned(), "{\"a\":1}\n{\"b\":2}\n".to_owned())]);
}

#[tokio::test]
async fn events_arrive_at_their_own_path() {
    let taken = Router::new().route("/v1/events", post(StatusCode::ACCEPTED));
    let bus = bus(&serve(taken).await);
    bus.publish(&Topic::EVENTS, batch(&["{\"@id\":\"a\"}"])).await.unwrap();
    bus.publish(&Topic::EVENTS.dead_letters(), batch(&["a"])).await.unwrap();
    assert!(bus.publish(&Topic::METRICS, batch(&["{}"])).await.is_err());
}

#[tokio::test]
async fn a_batch_larger_than_a_body_is_sent_in_several_in_order() {
    let (url, kept) = keeping().await;
    let line = "x".repeat(MAX_BODY_BYTES / 4 - 1);
    let lines = [&*line; 9];
    publish(&format!("{url}/hub"), &lines).await.unwrap();
    let sizes: Vec<_> = kept.lock().unwrap().iter().map(|(_, body)| body.len()).collect();
    assert_eq!(sizes, [MAX_BODY_BYTES, MAX_BODY_BYTES, MAX_BODY_BYTES / 4]);
}

#[tokio::test]
async fn an_empty_batch_sends_nothing() {
    publish(&nowhere().await, &[]).await.unwrap();
}

#[tokio::test]
async fn what_the_other_side_refuses_is_named_by_its_index() {
    let answer = r#"{"accepted":1,"refused_total":2,"refused":[
        {"index":0,"field":"value","reason":"is missing"},{"index":0,"field":"name","reason":"is missing"},
        {"index":2,"field":"value","reason":"is missing"}]}"#;
    let answer = (StatusCode::MULTI_STATUS, answer);
    let PortError::ItemsRejected { items, reason, .. } = failure(answer, &["a", "b", "c"]).await else {
        panic!()
    };
    assert_eq!((items, reason.as_str()), (vec![0, 2], "value: is missing"));
}

#[tokio::test]
async fn a_batch_that_is_refused_whole_is_rejected_with_the_reason() {
    let answer = r#"{"title":"Too many series","status":429,"detail":"","errors":[{"field":"series","reason":"is new"}]}"#;
    let error = failure((StatusCode::TOO_MANY_REQUESTS, answer), &["a"]).await;
    assert_eq!(error.to_string(), "bus refuses the input: series: is new");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_rejected_so_that_smaller_ones_are_tried() {
    assert_eq!(failure(StatusCode::PAYLOAD_TOO_LARGE, &["a", "b"]).await.failure(), Failure::Reject);
}

#[tokio::test]
async fn whatever_waiting_or_an_operator_helps_is_retried_and_says_what_to_do() {
    for (status, says) in [
        (StatusCode::UNAUTHORIZED, "check token_file in [backends.ingest]"),
        (StatusCode::FORBIDDEN, "its token needs the scope ingest"),
        (StatusCode::NOT_FOUND, "there is no ingest at this URL (404); check bus in [backends]"),
        (StatusCode::TOO_MANY_REQUESTS, "127.0.0.1 answered 429"),
        (StatusCode::BAD_REQUEST, "127.0.0.1 answered 400"),
        (StatusCode::BAD_GATEWAY, "127.0.0.1 answered 502"),
        (StatusCode::SERVICE_UNAVAILABLE, "127.0.0.1 answered 503"),
    ] {
        let error = failure(status, &["a"]).await;
        assert_eq!(error.failure(), Failure::Retry, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = publish(&nowhere().await, &["a"]).await.unwrap_err();
    assert_eq!(error.to_string(), "bus unavailable: 127.0.0.1: connection refused");
}

#[tokio::test]
async fn a_record_that_is_not_one_line_is_rejected_alone() {
    let error = publish(&nowhere().await, &["{}", "{\n}"]).await.unwrap_err();
    assert!(matches!(&error, PortError::ItemsRejected { items, .. } if *items == [1]), "{error}");
}

#[tokio::test]
async fn dead_letters_are_dropped_and_other_topics_refused() {
    let bus = bus(&nowhere().await);
    bus.publish(&Topic::METRICS.dead_letters(), batch(&["a"])).await.unwrap();
    assert_eq!(
        bus.publish(&Topic::named("alerts"), batch(&["a"])).await.unwrap_err().failure(),
        Failure::Stop
    );
    let consumed = bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.err().unwrap();
    assert_eq!(
        consumed.to_string(),
        "bus is unusable: the ingest of another host takes samples and events only: topic metrics cannot be consumed"
    );
}
