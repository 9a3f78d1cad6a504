//! Middleware in front of the routes.

use super::fallback::with_fallbacks;
use super::limits::Limits;
use super::problem_page::{ProblemPage, tell_in_html};
use super::{Problem, body_limit, grpc, host};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::Duration;
use tower::ServiceBuilder;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// Headers of every response that does not set them itself.
static HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Wraps `router` in the guards, the first in the list outermost.
pub(super) fn guarded(
    router: Router,
    limits: &Limits,
    refuse_other_names: bool,
    page: Option<ProblemPage>,
) -> Router {
    let guards = ServiceBuilder::new()
        .layer(middleware::map_response(with_headers))
        .layer(middleware::from_fn(grpc::tell_in_grpc))
        .layer(middleware::from_fn_with_state(page, tell_in_html))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(option_layer(refuse_other_names.then(|| middleware::from_fn(host::refuse_other_names))))
        .layer(CsrfLayer::new().with_rejection_response(cross_site))
        .layer(middleware::from_fn_with_state(limits.request, in_time))
        .layer(body_limit(limits.body_bytes));
    with_fallbacks(router).layer(guards)
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in &HEADERS {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

/// The panic hook has logged it.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal().into_response()
}

/// A page of another site made a browser send this, with the password that the browser keeps.
fn cross_site(_: ProtectionError) -> Response {
    let detail = "cross-site requests must not change anything";
    Problem::new(StatusCode::FORBIDDEN, detail)
        .of_kind("cross-site", "Cross-site request refused")
        .into_response()
}

/// The limit applies until the response begins: an event stream may last.
async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => too_slow(limit).into_response(),
    }
}

fn too_slow(limit: Duration) -> Problem {
    let detail = format!("no response within {} s", limit.as_secs_f64());
    Problem::unavailable(detail, super::RETRY_UNAVAILABLE).of_kind("timeout", "The request timed out")
}
