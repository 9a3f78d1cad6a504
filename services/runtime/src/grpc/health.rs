//! `grpc.health.v1.Health`, from the state of the roles.

use super::Served;
use crate::roster::{RoleState, Roster};
use futures_util::Stream;
use futures_util::stream::unfold;
use std::pin::Pin;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// The status of each service by whether the dependencies of its role are available; under the empty name, of all
/// roles.
#[derive(Clone)]
pub(super) struct RosterHealth {
    roster: Roster,
    served: Vec<Served>,
}

impl RosterHealth {
    pub(super) fn new(roster: Roster, served: Vec<Served>) -> Self {
        Self { roster, served }
    }

    /// `None` if the service is not served here.
    fn status(&self, asked: &str) -> Option<ServingStatus> {
        let mut meant =
            self.served.iter().filter(|served| asked.is_empty() || served.service == asked).peekable();
        if !asked.is_empty() {
            meant.peek()?;
        }
        let roles = self.roster.roles();
        let is_ready = |served: &Served| roles.get(served.role).is_some_and(RoleState::is_ready);
        Some(if meant.all(is_ready) { ServingStatus::Serving } else { ServingStatus::NotServing })
    }
}

#[tonic::async_trait]
impl Health for RosterHealth {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let asked = request.into_inner().service;
        let status = self.status(&asked);
        let status = status.ok_or_else(|| Status::not_found(format!("unknown service {asked}")))?;
        Ok(Response::new(HealthCheckResponse { status: status.into() }))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    /// The current status, and each change of it.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let (health, asked, changes) = (self.clone(), request.into_inner().service, self.roster.changes());
        let stream = unfold((changes, None), move |(mut changes, last)| {
            let (health, asked) = (health.clone(), asked.clone());
            async move {
                loop {
                    let status = health.status(&asked).unwrap_or(ServingStatus::ServiceUnknown);
                    if last != Some(status) {
                        let told = HealthCheckResponse { status: status.into() };
                        return Some((Ok(told), (changes, Some(status))));
                    }
                    changes.changed().await.ok()?;
                }
            }
        });
        Ok(Response::new(Box::pin(stream)))
    }
}
