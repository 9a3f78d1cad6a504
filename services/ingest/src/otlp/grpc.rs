//! OTLP over gRPC.
//!
//! Speaks gRPC itself, so that a message is bounded, decompressed and decoded like any other body: generated code would
//! take memory for all of its parts before they are counted.

use super::{answer, decode};
use crate::config::IngestConfig;
use crate::content::Coding;
use crate::decompress::decompress;
use crate::events::Events;
use crate::intake::Intake;
use crate::refusals::Client;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http_body_util::{BodyExt as _, Full};
use std::convert::Infallible;
use std::sync::Arc;
use tonic::Status;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::otlp::{ExportFormat, SERVICE};

/// The headers about compression, and what is accepted.
const ENCODING: &str = "grpc-encoding";
const ACCEPT_ENCODING: (&str, &str) = ("grpc-accept-encoding", "identity,gzip,zstd");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Before each message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// The routes of the service.
pub(crate) fn router(events: Arc<Intake<Events>>) -> Router {
    Router::new().route(&format!("/{SERVICE}/Export"), post(export)).with_state(events)
}

/// With partial success, as over HTTP.
async fn export(
    State(intake): State<Arc<Intake<Events>>>,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let decode = coding(&headers).map(|coding| {
        move |events: &Events, sent: Vec<u8>, config: &IngestConfig, now: Timestamp| {
            let message = message(sent, coding, config.max_decompressed)?;
            decode(events, &message, ExportFormat::Protobuf, config, now)
        }
    });
    let decoded = intake.accept(&client, body, decode).await;
    match decoded.and_then(|decoded| answer(ExportFormat::Protobuf, &decoded)) {
        Ok(message) => succeeded(&message),
        Err(problem) => Status::from(&problem).into_http(),
    }
}

fn coding(headers: &HeaderMap) -> Result<Coding, Problem> {
    match headers.get(ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(Coding::Identity),
        Some(b"gzip") => Ok(Coding::Gzip),
        Some(b"zstd") => Ok(Coding::Zstd),
        Some(_) => Err(Problem::bad_request(ENCODING, "must be one of identity, gzip, zstd")),
    }
}

/// The only message of a body.
fn message(mut sent: Vec<u8>, coding: Coding, most: usize) -> Result<Vec<u8>, Problem> {
    let wrong = |reason: &str| Err(Problem::bad_request("body", reason));
    let Some((prefix, message)) = sent.split_first_chunk::<PREFIX_BYTES>() else {
        return wrong("has no message of gRPC");
    };
    let [is_compressed, length @ ..] = *prefix;
    if usize::try_from(u32::from_be_bytes(length)) != Ok(message.len()) {
        return wrong("must be one whole message of gRPC");
    }
    sent.drain(..PREFIX_BYTES);
    match (is_compressed, coding) {
        (0, _) => Ok(sent),
        (1, Coding::Gzip | Coding::Zstd) => decompress(sent, coding, most),
        _ => wrong("is compressed, and grpc-encoding does not say how"),
    }
}

fn succeeded(message: &[u8]) -> Response {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    let framed = Bytes::from([&[0], &length[..], message].concat());
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(framed).with_trailers(async { Some(Ok::<_, Infallible>(trailers)) });
    let headers = [(CONTENT_TYPE.as_str(), "application/grpc"), ACCEPT_ENCODING];
    (headers, Body::new(body)).into_response()
}
