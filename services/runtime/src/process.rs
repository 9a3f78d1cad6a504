//! Runs roles until they must stop.

mod tasks;

use crate::context::{RoleContext, RoleResult};
use crate::heartbeat::HANG;
use crate::http::Limits;
use crate::roster::Roster;
use crate::signals::{Asked, Signals};
use crate::{admin, systemd, telemetry};
use prometheus::Registry;
use std::env;
use std::future::Future;
use std::time::Duration;
use tasks::Tasks;
use tokio_util::sync::CancellationToken;

/// How long roles may take to stop before the process exits without them. With the exit itself it is within the 5 s that
/// an operator waits for, and well within the units' `TimeoutStopSec`, so that the process, not systemd, reports which
/// role was late. What is cut was not acknowledged, as with `kill -9`.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(3);
const _: () = assert!(Limits::DRAIN.as_millis() < STOP_TIMEOUT.as_millis());
/// A role that is cut is said to wait for a dependency that has not answered for this long.
const WAITED: Duration = Duration::from_secs(1);

/// One process and the roles it runs.
pub struct Process {
    roster: Roster,
    registry: Registry,
    shutdown: CancellationToken,
    tasks: Tasks,
    /// From the beginning, so that a stop that is requested during the start is one, too.
    signals: std::io::Result<Signals>,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After a requested stop; every role finished in time.
    Stopped,
    /// A role failed; the text has the role and the reason, and which others had not finished by [`STOP_TIMEOUT`].
    Failed(String),
    /// After a requested stop: these roles had not finished by [`STOP_TIMEOUT`], or a second signal came first. The text
    /// has what each waited for.
    CutShort(String),
}

impl Process {
    /// A process without roles. Its metrics go to `registry`. From now on it handles signals.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(registry: Registry) -> Self {
        let roster = Roster::default();
        if let Ok(name) = env::var(HANG) {
            tracing::warn!(
                loop_name = name,
                "{HANG} is set: this loop is to hang, for a test of the watchdog"
            );
            roster.hang(name);
        }
        let (shutdown, tasks, signals) = (CancellationToken::new(), Tasks::default(), Signals::listen());
        Self { roster, registry, shutdown, tasks, signals }
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
        let mut signals = std::mem::replace(&mut self.signals, Err(std::io::ErrorKind::Other.into()))?;
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
        tracing::info!(error = failure, "stopping");
        self.shutdown.cancel();
        let finished = tokio::select! {
            finished = tokio::time::timeout(STOP_TIMEOUT, finish(&mut self.tasks)) => finished.ok(),
            () = second_stop(&mut signals) => None,
        };
        let Some(failure_at_end) = finished else {
            let unfinished = self.unfinished();
            tracing::warn!(
                unfinished,
                "stopped before all work was finished: what was not acknowledged is delivered or sent again"
            );
            return Ok(match failure {
                None => Ended::CutShort(unfinished),
                Some(failure) => Ended::Failed(format!("{failure} (not finished in time: {unfinished})")),
            });
        };
        tracing::info!("stopped");
        Ok(failure.or(failure_at_end).map_or(Ended::Stopped, Ended::Failed))
    }

    /// The roles that have not finished, each with what it waits for.
    fn unfinished(&self) -> String {
        let states = self.roster.roles_waiting(WAITED);
        let shown = |role: &'static str| match states.get(role) {
            Some(state) if !state.missing.is_empty() => format!("{role} ({state})"),
            _ => role.to_owned(),
        };
        self.tasks.unfinished().into_iter().map(shown).collect::<Vec<_>>().join(", ")
    }
}

fn failure_of(role: &'static str, result: RoleResult) -> Option<String> {
    let error = result.err()?;
    telemetry::role_span(role).in_scope(|| tracing::error!(%error, "role failed"));
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
