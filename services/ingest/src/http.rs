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

/// Where samples are sent.
pub(crate) const SAMPLES: &str = "/v1/samples";
/// The same, under the path that clients of the previous platform know.
pub(crate) const METRICS: &str = "/api/v1/metrics";

pub(crate) fn router(samples: Arc<Intake<Samples>>, metrics: HttpMetrics, access: &Access) -> Router {
    let of_samples = Router::new()
        .route(SAMPLES, post(post_samples))
        .route(METRICS, post(post_metrics))
        .with_state(samples);
    // The routes of another kind of record are merged here, before what holds for all of them.
    of_samples.route_layer(access.require(Scope::Ingest)).route_layer(from_fn_with_state(metrics, measure))
}

/// Send samples
///
/// Each item is accepted or refused for itself, and what is accepted is durable when the answer comes. After
/// 503 or no answer, send the same body again: a sample is known by its series and `collected_at`, so what
/// was taken already is not stored twice. A sample without `collected_at` gets the time of its arrival, and
/// is another one when it is sent again. One that is older than samples are kept, or more than ten minutes ahead, is
/// refused. A token may send a limited number of series within a day: samples of further ones are refused. Needs the
/// scope `ingest`.
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

/// The same for clients of the previous platform, which are told in its words that all is accepted.
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
