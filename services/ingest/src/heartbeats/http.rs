//! The routes that jobs call.

use super::report::Outcome;
use super::{Heartbeats, Report};
use crate::answer::refused;
use crate::metrics::{HttpMetrics, measure};
use crate::openapi::HeartbeatRefusals;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http_body_util::BodyExt as _;
use std::sync::Arc;
use watchkeeper_runtime::http::{Access, Problem, Scope};

/// The endpoint for a run that succeeded.
pub(crate) const HEARTBEAT: &str = "/v1/heartbeats/{name}";
/// The endpoint for the start of a run, a failure, or an exit code.
pub(crate) const HEARTBEAT_OUTCOME: &str = "/v1/heartbeats/{name}/{outcome}";
/// Largest body, in bytes. Only its end is kept.
pub(crate) const MAX_OUTPUT: usize = 8 << 20;
/// How much of the end of a body is kept while it is read, in bytes; more than a note has.
const KEPT_OUTPUT: usize = 4 << 10;

pub(crate) fn router(heartbeats: Arc<Heartbeats>, metrics: HttpMetrics, access: &Access) -> Router {
    let routes = Router::new()
        .route(HEARTBEAT, get(take_heartbeat).post(take_heartbeat))
        .route(HEARTBEAT_OUTCOME, get(take_outcome).post(take_outcome))
        .with_state(heartbeats);
    routes.route_layer(access.require(Scope::Ingest)).route_layer(from_fn_with_state(metrics, measure))
}

/// Report that a job has run
///
/// For cron jobs and timers: `curl -fsS -m 10 --retry 5 http://127.0.0.1:8460/v1/heartbeats/backup`. The job must be a
/// `[[heartbeat]]` of the configuration; an alert fires when the next report is missing. The report is durable when the
/// response arrives. GET and POST do the same. The last line of the body becomes the note of the sample
/// `heartbeat/state{heartbeat="NAME"}`, whose value is 1. Requires the scope `ingest`.
#[utoipa::path(
    post,
    path = HEARTBEAT,
    tag = "heartbeats",
    params(("name" = String, Path, description = "The `name` of a `[[heartbeat]]`.", example = "backup")),
    request_body(description = "The output of the job, if wanted: its last line is kept.", content_type = "text/plain"),
    responses((status = 200, description = "The report is durable.", body = String, content_type = "text/plain"), HeartbeatRefusals),
)]
pub(crate) async fn take_heartbeat(
    State(heartbeats): State<Arc<Heartbeats>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<&'static str, Problem> {
    refuse_other_sites(&headers)?;
    take(&heartbeats, &name, Outcome::Succeeded, body).await
}

/// Report the start, the failure or the exit code of a run
///
/// `start` begins a run, which must end within `max_run`; `fail` or an exit code other than 0 fires an alert at once;
/// 0 is a success. The value of the sample is 2 for a start and 0 for a failure. Requires the scope `ingest`.
#[utoipa::path(
    post,
    path = HEARTBEAT_OUTCOME,
    tag = "heartbeats",
    params(
        ("name" = String, Path, description = "The `name` of a `[[heartbeat]]`.", example = "backup"),
        ("outcome" = String, Path, description = "`start`, `fail`, or an exit code from 0 to 255.", example = "3"),
    ),
    request_body(description = "The output of the job, if wanted: its last line is kept.", content_type = "text/plain"),
    responses((status = 200, description = "The report is durable.", body = String, content_type = "text/plain"), HeartbeatRefusals),
)]
pub(crate) async fn take_outcome(
    State(heartbeats): State<Arc<Heartbeats>>,
    Path((name, outcome)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<&'static str, Problem> {
    refuse_other_sites(&headers)?;
    let Some(outcome) = Outcome::named(&outcome) else {
        let what = format!(
            "path /v1/heartbeats/{name}/{outcome}: it must end with start, fail or an exit code from 0 to 255"
        );
        return Err(Problem::not_found(&what));
    };
    take(&heartbeats, &name, outcome, body).await
}

/// A page of another site must not report for a job, not by GET either, which needs no consent of the server. Browsers send
/// this header (Fetch Metadata, W3C); curl does not.
fn refuse_other_sites(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"cross-site" | b"same-site") => {
            Err(Problem::new(StatusCode::FORBIDDEN, "heartbeats are not accepted from pages of other sites"))
        }
        _ => Ok(()),
    }
}

async fn take(
    heartbeats: &Heartbeats,
    job: &str,
    outcome: Outcome,
    body: Body,
) -> Result<&'static str, Problem> {
    let output = read_end(body).await?;
    heartbeats.take(job, Report::new(outcome, &output)).await?;
    Ok("OK\n")
}

/// The end of a body, of which no more is held in memory.
async fn read_end(mut body: Body) -> Result<Vec<u8>, Problem> {
    let (mut end, mut read) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let broke_off = |error| refused(StatusCode::BAD_REQUEST, "body", format!("broke off: {error}"));
        let Ok(data) = frame.map_err(broke_off)?.into_data() else { continue };
        read += data.len();
        if read > MAX_OUTPUT {
            let reason = format!("has more than {MAX_OUTPUT} bytes: send only the end of the output");
            return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "body", reason));
        }
        end.extend_from_slice(&data);
        end.drain(..end.len().saturating_sub(KEPT_OUTPUT));
    }
    Ok(end)
}
