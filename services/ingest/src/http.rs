//! The routes.

use crate::events::Events;
use crate::intake::Intake;
use crate::loki;
use crate::metrics::{HttpMetrics, measure};
use crate::openapi::{self, ListRefusals, Refusals};
use crate::otlp;
use crate::refusals::Client;
use crate::samples::Samples;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use std::sync::Arc;
use watchkeeper_letters::Refused;
use watchkeeper_runtime::http::{Access, Caller, Problem, Scope};
use watchkeeper_wire::json::{IngestAnswer, RefusalList};

/// The endpoint for samples.
pub(crate) const SAMPLES: &str = "/v1/samples";
/// The same, under the path of the previous platform.
pub(crate) const METRICS: &str = "/api/v1/metrics";
/// The endpoint for events.
pub(crate) const EVENTS: &str = "/v1/events";
/// What was refused.
pub(crate) const REFUSALS: &str = "/v1/refusals";

pub(crate) fn router(
    samples: Arc<Intake<Samples>>,
    events: Arc<Intake<Events>>,
    refused: Refused,
    metrics: HttpMetrics,
    access: &Access,
) -> Router {
    let of_refusals = Router::new()
        .route(REFUSALS, get(get_refusals))
        .with_state(refused)
        .route_layer(access.require(Scope::Read));
    let of_samples = Router::new()
        .route(SAMPLES, post(post_samples))
        .route(METRICS, post(post_metrics))
        .with_state(samples);
    let of_others = loki::router(Arc::clone(&events)).merge(otlp::router(Arc::clone(&events)));
    let of_events = Router::new().route(EVENTS, post(post_events)).with_state(events);
    of_samples
        .merge(of_events)
        .merge(of_others)
        .route_layer(access.require(Scope::Ingest))
        .merge(of_refusals)
        .route_layer(from_fn_with_state(metrics, measure))
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
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<IngestAnswer>), Problem> {
    let sender = caller.map(|Extension(caller)| caller).into();
    let (status, answer) = intake.take(sender, &client, &headers, body).await?;
    Ok((status, Json(answer)))
}

/// The same for clients of the previous platform, with its response when everything is accepted.
async fn post_metrics(
    intake: State<Arc<Intake<Samples>>>,
    caller: Option<Extension<Caller>>,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (status, answer) = post_samples(intake, caller, client, headers, body).await?;
    Ok(match status {
        StatusCode::ACCEPTED => (status, "Metrics accepted").into_response(),
        _ => (status, answer).into_response(),
    })
}

/// Send events
///
/// What services say: log lines and everything that happens at one instant. An event is a JSON object with any fields; of
/// them `time` (`timestamp`, `ts`, `@timestamp`), `level` (`severity`, `lvl`, `log.level`), `message` (`msg`, `log`),
/// `service` (`app`, `logger`, `service.name`), `host` (`hostname`, `host.name`) and `id` have their usual meaning. A string is an event, too: a line. Each
/// item is accepted or refused individually, and accepted items are durable when the response arrives. After 503 or no
/// response, send the same body again: events with an `id` are stored once. Events older than the retention, or more than
/// ten minutes ahead, are refused. Requires the scope `ingest`.
#[utoipa::path(
    post,
    path = EVENTS,
    tag = "ingest",
    request_body(
        description = "An event, an array of events, or one or more events per line. `Content-Encoding` may be `gzip` \
            or `zstd`.",
        content((openapi::Events = "application/json"), (String = "application/x-ndjson")),
    ),
    responses(
        (status = 202, description = "All items are accepted.", body = IngestAnswer),
        (status = 207, description = "Some items are accepted; the others are listed.", body = IngestAnswer),
        Refusals,
    ),
)]
pub(crate) async fn post_events(
    State(intake): State<Arc<Intake<Events>>>,
    caller: Option<Extension<Caller>>,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<IngestAnswer>), Problem> {
    let sender = caller.map(|Extension(caller)| caller).into();
    let (status, answer) = intake.take(sender, &client, &headers, body).await?;
    Ok((status, Json(answer)))
}

/// List refusals
///
/// What this process has refused since it started, by client and reason, newest first: at most 100 reasons. Refused items
/// are not kept. Requires the scope `read`.
#[utoipa::path(
    get,
    path = REFUSALS,
    tag = "ingest",
    responses((status = 200, description = "The last refusals.", body = RefusalList), ListRefusals),
)]
pub(crate) async fn get_refusals(State(refused): State<Refused>) -> Json<RefusalList> {
    Json(refused.list())
}
