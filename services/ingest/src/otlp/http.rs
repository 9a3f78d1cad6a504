//! OTLP over HTTP.

use super::{answer, decode};
use crate::answer::with_body;
use crate::config::IngestConfig;
use crate::content::{MediaTypes, coding, format};
use crate::decompress::decompress;
use crate::events::Events;
use crate::intake::Intake;
use crate::refusals::Client;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use std::sync::Arc;
use tonic::Status;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::otlp::{ExportFormat, failed};

/// The endpoint, as OTLP calls it.
pub(crate) const LOGS: &str = "/v1/logs";

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

const TYPES: MediaTypes<ExportFormat> = MediaTypes {
    known: &[(PROTOBUF, ExportFormat::Protobuf), (JSON, ExportFormat::Json)],
    listed: "application/x-protobuf, application/json",
};

pub(crate) fn router(events: Arc<Intake<Events>>) -> Router {
    Router::new().route(LOGS, post(post_logs)).with_state(events)
}

/// Answers in the format of the request, with partial success. 400 means that no record will ever be accepted; 429 and
/// 503, that the same request may be sent again.
async fn post_logs(
    State(intake): State<Arc<Intake<Events>>>,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let format = format(&headers, &TYPES);
    let decode = format.clone().and_then(|format| Ok((format, coding(&headers)?))).map(|(format, coding)| {
        move |events: &Events, sent: Vec<u8>, config: &IngestConfig, now: Timestamp| {
            let body = decompress(sent, coding, config.max_decompressed)?;
            decode(events, &body, format, config, now)
        }
    });
    // A request of another format is told why in the usual one.
    let format = format.unwrap_or(ExportFormat::Protobuf);
    let decoded = intake.accept(&client, body, decode).await;
    match decoded.and_then(|decoded| answer(format, &decoded)) {
        Ok(answer) => ([(CONTENT_TYPE, media_type(format))], answer).into_response(),
        Err(problem) => refused(format, problem),
    }
}

fn refused(format: ExportFormat, problem: Problem) -> Response {
    let code = Status::from(&problem).code();
    let body = failed(format, code.into(), problem.detail());
    with_body(problem, media_type(format), body.into())
}

const fn media_type(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Json => JSON,
        ExportFormat::Protobuf => PROTOBUF,
    }
}
