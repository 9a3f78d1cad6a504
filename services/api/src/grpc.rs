//! The gRPC API: one file per service.

mod compatible;
mod events;
mod metrics;
mod request;

use crate::http::Sources;
use crate::metrics::measure;
use crate::roll_up::RollUps;
use axum::Router;
use axum::middleware::from_fn_with_state;
use compatible::CompatibleService;
use events::EventsService;
use metrics::MetricsService;
use tonic::server::NamedService;
use tonic::service::Routes;
use watchkeeper_runtime::grpc::routes;
use watchkeeper_runtime::http::{Access, Limits};
use watchkeeper_wire::proto::api::metrics_service_server::MetricsServiceServer;
use watchkeeper_wire::proto::v1::events_server::EventsServer;
use watchkeeper_wire::proto::v1::metrics_server::MetricsServer;

/// Maximum request size (`RESOURCE_EXHAUSTED`), the same as over HTTP. tonic does not apply the limit of the listener.
const MAX_MESSAGE_BYTES: usize = Limits::BODY_BYTES;

/// The service names.
pub(crate) const SERVICES: [&str; 3] =
    [MetricsServer::<()>::NAME, EventsServer::<()>::NAME, MetricsServiceServer::<()>::NAME];

pub(crate) fn router(sources: &Sources, roll_ups: &RollUps, access: &Access) -> Router {
    let Sources { samples, rollups, live, events, metrics, .. } = sources;
    let metrics_service =
        MetricsService::new(samples.clone(), rollups.clone(), live.clone(), roll_ups.clone());
    let current = MetricsServer::new(metrics_service);
    let events = EventsServer::new(EventsService::new(events.clone()));
    let compatible = MetricsServiceServer::new(CompatibleService::new(samples.clone()));
    let services = Routes::new(current.max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(events.max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(compatible.max_decoding_message_size(MAX_MESSAGE_BYTES));
    // Outermost, so that calls that timed out are counted too.
    routes(services, access).route_layer(from_fn_with_state(metrics.clone(), measure))
}
