//! The gRPC services of a process.
//!
//! A role turns its services into routes with [`routes`]; the process collects them in [`Services`], which adds
//! health and reflection.

mod deadline;
mod health;
mod timeout;

use crate::http::{Access, Limits, Scope};
use crate::roster::Roster;
use axum::Router;
use axum::middleware::from_fn;
use health::RosterHealth;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::server::Builder;

pub use timeout::MAX_TIMEOUT_DIGITS;

/// Longest request message of health and reflection (`RESOURCE_EXHAUSTED`): the same limit as over HTTP.
const MAX_MESSAGE_BYTES: usize = Limits::BODY_BYTES;

/// Services as routes for callers with the scope `read`. Each call ends with `DEADLINE_EXCEEDED` when the
/// `grpc-timeout` of its client has passed, and its work is dropped. The listener answers calls to unknown services.
pub fn routes(services: Routes, access: &Access) -> Router {
    routes_for(Scope::Read, services.into_axum_router(), access)
}

/// The same for callers with `scope`; `services` are routes of any kind.
pub fn routes_for(scope: Scope, services: Router, access: &Access) -> Router {
    services
        // Routers that are merged have none of their own.
        .reset_fallback()
        .route_layer(access.require(scope))
        .route_layer(from_fn(deadline::keep))
}

/// All gRPC services of one process.
pub struct Services {
    roster: Roster,
    served: Vec<Served>,
    router: Router,
}

/// A service, and the role that serves it.
#[derive(Clone, Copy, Debug)]
struct Served {
    service: &'static str,
    role: &'static str,
}

impl Services {
    /// No services yet. `roster` tells which roles are ready.
    pub fn new(roster: Roster) -> Self {
        Self { roster, served: Vec::new(), router: Router::new() }
    }

    /// Adds a role's services, by their full names, as [`routes`].
    pub fn add(&mut self, role: &'static str, services: &[&'static str], routes: Router) {
        self.served.extend(services.iter().map(|service| Served { service, role }));
        self.router = std::mem::take(&mut self.router).merge(routes);
    }

    /// All services, with `grpc.health.v1.Health` and with reflection of exactly the services served here;
    /// `descriptors` describe those and perhaps more.
    ///
    /// # Panics
    /// If the descriptors are invalid.
    pub fn router(self, descriptors: &[u8], access: &Access) -> Router {
        let Self { roster, served, router } = self;
        let described = |itself: &str| {
            let mut builder = Builder::configure()
                .register_encoded_file_descriptor_set(descriptors)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .with_service_name(HealthServer::<()>::NAME)
                .with_service_name(itself);
            for Served { service, .. } in &served {
                builder = builder.with_service_name(*service);
            }
            builder
        };
        let current = described("grpc.reflection.v1.ServerReflection").build_v1().expect(DESCRIBED);
        let older = described("grpc.reflection.v1alpha.ServerReflection").build_v1alpha().expect(DESCRIBED);
        let telling = Routes::new(current.max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add_service(older.max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add_service(
                HealthServer::new(RosterHealth::new(roster, served))
                    .max_decoding_message_size(MAX_MESSAGE_BYTES),
            );
        router.merge(routes(telling, access))
    }
}

const DESCRIBED: &str = "the descriptors are those that the code was generated from";
