//! Runs roles until they must stop.

mod tasks;

use crate::context::{RoleContext, RoleResult};
use crate::roster::Roster;
use crate::signals::{Asked, Signals};
use crate::{admin, systemd};
use prometheus::Registry;
use std::future::Future;
use std::time::Duration;
use tasks::Tasks;
use tokio_util::sync::CancellationToken;

/// How long roles may take to stop before the process exits without them. Shorter than the units' `TimeoutStopSec`,
/// so that the process, not systemd, reports which role was late.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// One process and the roles it runs.
pub struct Process {
    roster: Roster,
    registry: Registry,
    shutdown: CancellationToken,
    tasks: Tasks,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After a requested stop; every role finished in time.
    Stopped,
    /// A role failed, and the others finished in time; the text has the role and the reason.
    Failed(String),
    /// These roles, by name, had not finished by [`STOP_TIMEOUT`], or a second signal came first.
    CutShort(String),
}

impl Process {
    /// A process without roles. Its metrics go to `registry`.
    pub fn new(registry: Registry) -> Self {
        Self {
            roster: Roster::default(),
            registry,
            shutdown: CancellationToken::new(),
            tasks: Tasks::default(),
        }
    }

    /// The health registry of this process.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Cancelled when the process stops; cancelling it stops the process.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// The admin endpoints that require a token, if there are any: `/metrics` and `/readyz`.
    pub fn admin(&self) -> axum::Router {
        admin::router(self.of_admin())
    }

    /// `/livez`, and `/healthz` for monitoring set up for the previous services, which answers `OK` while the process
    /// runs. They need no token: load balancers send none.
    pub fn liveness(&self) -> axum::Router {
        admin::liveness(self.of_admin())
    }

    fn of_admin(&self) -> admin::Admin {
        admin::Admin { roster: self.roster.clone(), registry: self.registry.clone() }
    }

    /// The context of a role, for what must be created before the role runs.
    #[must_use]
    pub fn context(&self, role: &'static str) -> RoleContext {
        RoleContext::new(role, self.roster.clone(), self.registry.clone(), self.shutdown.clone())
    }

    /// Starts a role, or another part of one. When it returns before a requested stop, panics or fails, the process
    /// ends.
    pub fn spawn(&mut self, role: &'static str, run: impl Future<Output = RoleResult> + Send + 'static) {
        self.tasks.spawn(role, run);
    }

    /// Runs until SIGTERM or SIGINT, or until a role fails; then lets every role finish. Calls `reload` at each
    /// SIGHUP.
    pub async fn run(mut self, mut reload: impl FnMut()) -> std::io::Result<Ended> {
        let mut signals = Signals::listen()?;
        let notifier = systemd::Notifier::start(self.roster.clone());
        let failure = loop {
            tokio::select! {
                // First, so that a role that stops on request does not count as ended early.
                biased;
                () = self.shutdown.cancelled() => break None,
                asked = signals.next() => match asked {
                    Asked::Stop => break None,
                    Asked::Reload => notifier.reloading(&mut reload),
                },
                Some((role, result)) = self.tasks.next_end() => {
                    let result = result.and_then(|()| Err("ended unexpectedly".into()));
                    break failure_of(role, result);
                }
            }
        };
        notifier.stopping();
        tracing::info!(failure, "stopping");
        self.shutdown.cancel();
        let finished = tokio::select! {
            finished = tokio::time::timeout(STOP_TIMEOUT, finish(&mut self.tasks)) => finished.ok(),
            () = second_stop(&mut signals) => None,
        };
        tracing::info!(in_time = finished.is_some(), "stopped");
        Ok(match (failure, finished) {
            (None, Some(None)) => Ended::Stopped,
            (Some(failure), Some(_)) | (None, Some(Some(failure))) => Ended::Failed(failure),
            (None, None) => Ended::CutShort(self.tasks.unfinished()),
            (Some(failure), None) => Ended::CutShort(format!("{}, after {failure}", self.tasks.unfinished())),
        })
    }
}

fn failure_of(role: &'static str, result: RoleResult) -> Option<String> {
    let error = result.err()?;
    tracing::error!(role, error = %error, "role failed");
    Some(format!("{role}: {error}"))
}

/// Waits for all roles; returns the first failure among them.
async fn finish(tasks: &mut Tasks) -> Option<String> {
    let mut first = None;
    while let Some((role, result)) = tasks.next_end().await {
        first = first.or(failure_of(role, result));
    }
    first
}

async fn second_stop(signals: &mut Signals) {
    while signals.next().await != Asked::Stop {}
}
