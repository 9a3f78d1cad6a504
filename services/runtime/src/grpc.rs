//! The gRPC services of a process.
//!
//! A role turns its services into routes with [`routes`]; who puts a process together gathers them in [`Services`],
//! which adds what tells of them: health and reflection.

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

/// Longest question to what tells of the services (`RESOURCE_EXHAUSTED`): as long as over HTTP.
const MAX_MESSAGE_BYTES: usize = Limits::BODY_BYTES;

/// Services as routes, for whoever may read. Each call ends with `DEADLINE_EXCEEDED` when the time is over that its
/// client gives it in `grpc-timeout`, and what was done for it is dropped. What is of no service is answered by the
/// listener.
pub fn routes(services: Routes, access: &Access) -> Router {
    services
        .into_axum_router()
        // Routers that are merged have none of their own.
        .reset_fallback()
        .route_layer(access.require(Scope::Read))
        .route_layer(from_fn(deadline::keep))
}

/// All that one process serves.
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
    /// None yet. `roster` says which roles can answer.
    pub fn new(roster: Roster) -> Self {
        Self { roster, served: Vec::new(), router: Router::new() }
    }

    /// Adds the services that a role serves, by their full names, as the [`routes`] that they are.
    pub fn add(&mut self, role: &'static str, services: &[&'static str], routes: Router) {
        self.served.extend(services.iter().map(|service| Served { service, role }));
        self.router = std::mem::take(&mut self.router).merge(routes);
    }

    /// All of them, with `grpc.health.v1.Health`, and with reflection of what is served here and nothing else;
    /// `descriptors` describe the services that are served, and perhaps more.
    ///
    /// # Panics
    /// If the descriptors are none.
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
