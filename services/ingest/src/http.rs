//! The routes.

use crate::intake::Intake;
use crate::metrics::{HttpMetrics, measure};
use crate::openapi::{self, Refusals};
use crate::samples::Samples;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use std::sync::Arc;
use watchkeeper_runtime::http::{Access, Caller, Problem, Scope};
use watchkeeper_wire::json::IngestAnswer;

/// The endpoint for samples.
pub(crate) const SAMPLES: &str = "/v1/samples";
/// The same, under the path of the previous platform.
pub(crate) const METRICS: &str = "/api/v1/metrics";

pub(crate) fn router(samples: Arc<Intake<Samples>>, metrics: HttpMetrics, access: &Access) -> Router {
    let of_samples = Router::new()
        .route(SAMPLES, post(post_samples))
        .route(METRICS, post(post_metrics))
        .with_state(samples);
    // Routes of other kinds of record are merged here, before the shared layers.
    of_samples.route_layer(access.require(Scope::Ingest)).route_layer(from_fn_with_state(metrics, measure))
}

/// Send samples
///
/// Each item is accepted or refused individually, and accepted items are durable when the response arrives. After 503
/// or no response, send the same body again: a sample is identified by its series and `collected_at`, so what was
/// accepted already is not stored twice. A sample without `collected_at` gets its time of arrival, and becomes a new
/// sample when it is sent again. Samples older than the retention, or more than ten minutes ahead, are refused. A
/// token may send a limited number of series within a day: samples of further series are refused. Requires the scope
/// `ingest`.
#[utoipa::path(
    post,
    path = SAMPLES,
    tag = "ingest",
    request_body(
        description = "A sample, an array of samples, or one sample per line. `Content-Encoding` may be `gzip` \
            or `zstd`.",
        content((openapi::Samples = "application/json"), (String = "application/x-ndjson")),
    ),
    responses(
        (status = 202, description = "All items are accepted.", body = IngestAnswer),
        (status = 207, description = "Some items are accepted; the others are listed.", body = IngestAnswer),
        Refusals,
    ),
)]
pub(crate) async fn post_samples(
    State(intake): State<Arc<Intake<Samples>>>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<IngestAnswer>), Problem> {
    let (status, answer) = intake.take(caller.map(|Extension(caller)| caller).into(), &headers, body).await?;
    Ok((status, Json(answer)))
}

/// The same for clients of the previous platform, with its response when everything is accepted.
async fn post_metrics(
    intake: State<Arc<Intake<Samples>>>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (status, answer) = post_samples(intake, caller, headers, body).await?;
    Ok(match status {
        StatusCode::ACCEPTED => (status, "Metrics accepted").into_response(),
        _ => (status, answer).into_response(),
    })
}
