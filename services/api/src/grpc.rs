//! Questions over gRPC: one file for each service.

mod compatible;
mod health;
mod metrics;
mod reflection;
mod request;

pub(crate) use health::Health;

use crate::ask::Ask;
use crate::live::Live;
use crate::metrics::{ApiMetrics, measure};
use axum::Router;
use axum::middleware::from_fn_with_state;
use compatible::CompatibleService;
use metrics::MetricsService;
use tonic::Status;
use tonic::service::Routes;
use watchkeeper_runtime::http::{Access, Problem, Scope};
use watchkeeper_wire::proto::api::metrics_service_server::MetricsServiceServer;
use watchkeeper_wire::proto::v1::metrics_server::MetricsServer;

/// All services.
pub(crate) fn router(
    ask: &Ask,
    live: &Live,
    health: &Health,
    metrics: &ApiMetrics,
    access: &Access,
) -> Router {
    Routes::new(MetricsServer::new(MetricsService::new(ask.clone(), live.clone())))
        .add_service(MetricsServiceServer::new(CompatibleService::new(ask.clone())))
        .add_service(health.service())
        .add_service(reflection::v1())
        .add_service(reflection::v1alpha())
        .into_axum_router()
        .route_layer(from_fn_with_state(metrics.clone(), measure))
        .route_layer(access.require(Scope::Read))
}

/// A failure, as it is told over gRPC: the code that belongs to what is told over HTTP.
fn refusal(error: impl Into<Problem>) -> Status {
    Status::from(&error.into())
}
