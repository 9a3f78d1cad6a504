//! Questions over HTTP: one file for each resource.

mod asked;
mod dead_letters;
mod document;
mod given;
mod latest;
mod parameter;
mod questions;
mod range;
mod refusals;
mod samples;
mod series;
mod status;
mod stream;

use crate::ask::Ask;
use crate::dead_letters::DeadLetters;
use crate::live::Live;
use crate::metrics::{ApiMetrics, measure};
use crate::status::Status;
use axum::Router;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use watchkeeper_runtime::http::{Access, Scope};

/// What the routes answer from.
pub(crate) struct Sources {
    pub(crate) ask: Ask,
    pub(crate) live: Live,
    pub(crate) letters: Arc<DeadLetters>,
    pub(crate) status: Status,
    pub(crate) metrics: ApiMetrics,
}

/// All routes, and the document about them and about those that `others` describe.
pub(crate) fn router(sources: &Sources, others: &[OpenApi], access: &Access) -> Router {
    let Sources { ask, live, letters, status, metrics } = sources;
    let (read, read_paths) = series::router(ask.clone())
        .merge(latest::router(ask.clone()))
        .merge(samples::router(ask.clone()))
        .merge(range::router(ask.clone()))
        .merge(stream::router(live.clone()))
        .merge(status::router(status.clone()))
        .merge(dead_letters::router(Arc::clone(letters)))
        .split_for_parts();
    let (admin, admin_paths) = dead_letters::admin_router(Arc::clone(letters)).split_for_parts();
    let document = document::router([read_paths, admin_paths].into_iter().chain(others.iter().cloned()));
    let guarded = |router: Router, scope| {
        let required = router.route_layer(access.require(scope));
        required.route_layer(from_fn_with_state(metrics.clone(), measure))
    };
    guarded(read.merge(document), Scope::Read).merge(guarded(admin, Scope::Admin))
}
