//! The admin endpoints for operators and Prometheus.

use crate::roster::{RoleState, Roster};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the admin endpoints report on.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) roster: Roster,
    pub(crate) registry: Registry,
}

/// The response of `/livez` and `/readyz`.
#[derive(Serialize)]
struct Health {
    /// `ok`, or what is wrong.
    status: &'static str,
    /// Hung loops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hung: Vec<String>,
    /// Unavailable dependencies by role, each with the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    missing: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
}

pub(crate) fn router(admin: Admin) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/readyz", get(readyz)).with_state(admin)
}

/// For load balancers and other watchers, which send no token: whether the process runs, and no loop of it is hung.
pub(crate) fn liveness(admin: Admin) -> Router {
    Router::new().route("/livez", get(livez)).with_state(admin).route("/healthz", get(async || "OK"))
}

/// Prometheus text format 0.0.4.
async fn metrics(State(admin): State<Admin>) -> Response {
    match TextEncoder::new().encode_to_string(&admin.registry.gather()) {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot encode the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// 200 while no loop is hung, else 503: a restart helps.
async fn livez(State(admin): State<Admin>) -> (StatusCode, Json<Health>) {
    let hung = admin.roster.hung();
    answer(if hung.is_empty() { "ok" } else { "hung" }, hung, BTreeMap::new())
}

/// 200 while every dependency is available, else 503: waiting helps.
async fn readyz(State(admin): State<Admin>) -> (StatusCode, Json<Health>) {
    let not_ready = admin.roster.roles().into_iter().filter(|(_, role)| !role.is_ready());
    let missing: BTreeMap<_, _> =
        not_ready.map(|(name, RoleState { missing, .. })| (name, missing)).collect();
    answer(if missing.is_empty() { "ok" } else { "waiting" }, Vec::new(), missing)
}

fn answer(
    status: &'static str,
    hung: Vec<String>,
    missing: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
) -> (StatusCode, Json<Health>) {
    let code = if status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Health { status, hung, missing }))
}
