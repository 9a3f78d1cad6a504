//! `api.MetricsService`, by the bytes that clients of the previous platform send and read.

use crate::platform::{Platform, at, sample, soon};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use tonic::body::Body;
use tower::ServiceExt as _;
use watchkeeper_domain::Sample;

/// Sends one message in a frame over HTTP/2; returns the bytes of the response, and the gRPC status and message.
async fn call(platform: &Platform, method: &str, message: &[u8]) -> (Vec<u8>, String, String) {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    let request = Request::post(format!("/api.MetricsService/{method}"))
        .header(CONTENT_TYPE, "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::from(frame)))
        .unwrap();
    let response = soon(platform.channel().await.oneshot(request)).await.unwrap();
    assert_eq!(response.version(), axum::http::Version::HTTP_2);
    let (head, body) = response.into_parts();
    let body = soon(body.collect()).await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    let of =
        |headers: &HeaderMap, name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let told = |name: &str| of(&trailers, name).or_else(|| of(&head.headers, name)).unwrap_or_default();
    let (code, text) = (told("grpc-status"), told("grpc-message"));
    (body.to_bytes().to_vec(), code, text)
}

/// The code `INVALID_ARGUMENT`.
const INVALID_ARGUMENT: &str = "3";
/// `source` (field 1) and `name` (2) of a request.
const REQUEST: &[u8] = b"\x0a\x04host\x12\x04load";

/// A metric of `host/load{host="a"}` at ten o'clock: 1 source, 2 name, 3 value, 4 an entry of labels, 5 time.
fn metric(value: f64) -> Vec<u8> {
    let mut bytes = b"\x0a\x04host\x12\x04load\x19".to_vec();
    bytes.extend(value.to_le_bytes());
    bytes.extend(b"\x22\x09\x0a\x04host\x12\x01a");
    bytes.extend(b"\x2a\x14");
    bytes.extend(at("10:00:00").as_bytes());
    bytes
}

/// A message in a frame whose field 1 holds each of `metrics`.
fn framed(metrics: &[Vec<u8>]) -> Vec<u8> {
    let mut message = Vec::new();
    for metric in metrics {
        message.extend([0x0a, u8::try_from(metric.len()).unwrap()]);
        message.extend(metric);
    }
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    frame
}

fn of(host: &str, time: &str, value: f64) -> Sample {
    sample("host", "load", host, &at(time), value)
}

fn ok(bytes: Vec<u8>) -> (Vec<u8>, String, String) {
    (bytes, "0".to_owned(), String::new())
}

#[tokio::test]
async fn get_metric_answers_with_the_newest_of_all_series_of_that_name() {
    let platform = Platform::start().await;
    platform.cache(&[of("b", "09:59:59", 2.0), of("a", "10:00:00", 1.5), of("c", "09:00:00", 3.0)]).await;
    assert_eq!(call(&platform, "GetMetric", REQUEST).await, ok(framed(&[metric(1.5)])));
}

#[tokio::test]
async fn get_metric_answers_from_the_store_what_the_cache_does_not_have() {
    let platform = Platform::start().await;
    platform.store(&[of("b", "09:59:59", 2.0), of("a", "10:00:00", 1.5)]).await;
    assert_eq!(call(&platform, "GetMetric", REQUEST).await, ok(framed(&[metric(1.5)])));
}

#[tokio::test]
async fn get_metric_answers_with_an_empty_message_when_there_is_none() {
    let platform = Platform::start().await;
    assert_eq!(call(&platform, "GetMetric", REQUEST).await, ok(vec![0; 5]));
}

#[tokio::test]
async fn get_metrics_answers_with_the_newest_first_up_to_the_limit() {
    let platform = Platform::start().await;
    platform.store(&[of("a", "09:00:00", 3.0), of("a", "10:00:00", 1.5), of("b", "09:59:59", 2.0)]).await;
    let limited = [REQUEST, b"\x18\x01"].concat();
    assert_eq!(call(&platform, "GetMetrics", &limited).await, ok(framed(&[metric(1.5)])));
    let ten = [REQUEST, b"\x18\x0a"].concat();
    let (all, status, _) = call(&platform, "GetMetrics", &ten).await;
    assert_eq!(status, "0");
    let values: Vec<_> = all
        .windows(9)
        .filter(|bytes| bytes[0] == 0x19)
        .map(|bytes| f64::from_le_bytes(bytes[1..].try_into().unwrap()))
        .collect();
    assert_eq!(values, [1.5, 2.0, 3.0]);
}

#[tokio::test]
async fn get_metrics_answers_the_limit_zero_with_none() {
    let platform = Platform::start().await;
    platform.store(&[of("a", "10:00:00", 1.5)]).await;
    assert_eq!(call(&platform, "GetMetrics", REQUEST).await, ok(vec![0; 5]));
    assert_eq!(call(&platform, "GetMetrics", &[REQUEST, b"\x18\x00"].concat()).await, ok(vec![0; 5]));
}

#[tokio::test]
async fn a_bad_request_is_an_invalid_argument() {
    let platform = Platform::start().await;
    for (method, message, text) in [
        ("GetMetric", b"".to_vec(), "source: must have 1 to 64 bytes, is empty"),
        // The limit -1, as ten bytes.
        (
            "GetMetrics",
            [REQUEST, b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"].concat(),
            "limit: must be from 1 to 10000, is -1",
        ),
        ("GetMetrics", [REQUEST, b"\x18\x91\x4e"].concat(), "limit: must be from 1 to 10000, is 10001"),
    ] {
        let (bytes, code, told) = call(&platform, method, &message).await;
        assert_eq!((bytes.len(), code.as_str()), (0, INVALID_ARGUMENT));
        assert_eq!(told.replace("%20", " "), text);
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_is_unimplemented() {
    let platform = Platform::start().await;
    assert_eq!(call(&platform, "PutMetric", REQUEST).await.1, "12");
}
