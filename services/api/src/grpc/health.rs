//! `grpc.health.v1.Health`.

use futures_util::FutureExt as _;
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};
use watchkeeper_wire::proto::api::metrics_service_server::MetricsServiceServer;
use watchkeeper_wire::proto::v1::metrics_server::MetricsServer;

/// What is told of: the role as a whole, and each of its services.
const TOLD_OF: [&str; 3] = ["", MetricsServer::<()>::NAME, MetricsServiceServer::<()>::NAME];

/// Tells whether the role can answer.
#[derive(Clone)]
pub(crate) struct Health(HealthReporter);

impl Health {
    /// That of a role that cannot answer yet.
    pub(crate) fn new() -> Self {
        let health = Self(HealthReporter::new());
        // Nobody else has it yet, so this need not wait.
        let _ = health.set(false).now_or_never();
        health
    }

    /// From now on it can, or cannot.
    pub(crate) async fn set(&self, serving: bool) {
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in TOLD_OF {
            self.0.set_service_status(service, status).await;
        }
    }

    pub(super) fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.0.clone()))
    }
}
