//! Retries while a dependency is unavailable.

use crate::context::RoleContext;
use crate::heartbeat::Heartbeat;
use crate::roster::Dependency;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::future::Future;
use std::time::Duration;
use watchkeeper_ports::{Failure, PortError};

/// The wait after the first failure.
pub const RETRY_AT_LEAST: Duration = Duration::from_millis(100);
/// The longest wait between two attempts, to which jitter adds up to as much again. The number of attempts is not
/// limited: a role without its dependency has nothing else to do, and reports it.
pub const RETRY_AT_MOST: Duration = Duration::from_secs(10);

/// Why a call is not retried.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The role stopped while the dependency was unavailable.
    #[error("stopping")]
    Shutdown,
    /// A failure that no retry helps.
    #[error(transparent)]
    Failed(#[from] PortError),
}

/// Waits before starting over with a dependency that failed half-way, so that one that fails at every call does not
/// cause a busy loop; returns at once when the role stops.
pub async fn pause(context: &RoleContext, heartbeat: &Heartbeat) {
    let stop = context.shutdown().cancelled();
    let _ = heartbeat.idle(tokio::time::timeout(RETRY_AT_LEAST, stop)).await;
}

/// Calls `operation` until it succeeds, with exponential backoff and jitter between the attempts ([`RETRY_AT_LEAST`],
/// [`RETRY_AT_MOST`]), for as long as its failures say [`Failure::Retry`] and the role is not stopping. The
/// dependency is up after a successful attempt, and down with the reason meanwhile.
///
/// # Errors
/// Any other failure at once, including a fenced call, after which the caller must read its position again;
/// [`Stopped::Shutdown`] when the role stops.
pub async fn retry<T, F: Future<Output = Result<T, PortError>>>(
    context: &RoleContext,
    heartbeat: &Heartbeat,
    dependency: &Dependency,
    mut operation: impl FnMut() -> F,
) -> Result<T, Stopped> {
    let mut attempts = Attempts::new(context, heartbeat, dependency);
    loop {
        match heartbeat.waiting(dependency.name(), operation()).await {
            Ok(value) => return Ok(attempts.succeeded(value)),
            Err(error) => attempts.failed(error).await?,
        }
    }
}

/// The waits between attempts, each longer than the previous one up to [`RETRY_AT_MOST`], with jitter.
pub struct Backoff(ExponentialBackoff);

impl Default for Backoff {
    fn default() -> Self {
        let waits = ExponentialBuilder::default()
            .with_min_delay(RETRY_AT_LEAST)
            .with_max_delay(RETRY_AT_MOST)
            .without_max_times()
            .with_jitter();
        Self(waits.build())
    }
}

impl Backoff {
    /// Waits until the next attempt is due.
    ///
    /// # Errors
    /// [`Stopped::Shutdown`] when the role stops.
    pub async fn pause(&mut self, context: &RoleContext, heartbeat: &Heartbeat) -> Result<(), Stopped> {
        let wait = self.next();
        Self::wait(wait, context, heartbeat).await
    }

    fn next(&mut self) -> Duration {
        self.0.next().unwrap_or(RETRY_AT_MOST)
    }

    async fn wait(wait: Duration, context: &RoleContext, heartbeat: &Heartbeat) -> Result<(), Stopped> {
        let stop = heartbeat.idle(tokio::time::timeout(wait, context.shutdown().cancelled())).await;
        if stop.is_ok() { Err(Stopped::Shutdown) } else { Ok(()) }
    }
}

/// The attempts of one call, as [`retry`] makes them.
pub(crate) struct Attempts<'a> {
    context: &'a RoleContext,
    heartbeat: &'a Heartbeat,
    dependency: &'a Dependency,
    backoff: Backoff,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(
        context: &'a RoleContext,
        heartbeat: &'a Heartbeat,
        dependency: &'a Dependency,
    ) -> Self {
        Self { context, heartbeat, dependency, backoff: Backoff::default() }
    }

    /// Marks the dependency as up and passes `value` on.
    pub(crate) fn succeeded<T>(self, value: T) -> T {
        self.dependency.up();
        value
    }

    /// Waits until the next attempt is due, or returns why there is none.
    pub(crate) async fn failed(&mut self, error: PortError) -> Result<(), Stopped> {
        if error.failure() != Failure::Retry || error.is_of_a_zombie() {
            return Err(error.into());
        }
        let Self { context, heartbeat, dependency, backoff } = self;
        let wait = backoff.next();
        dependency.down(&error);
        Backoff::wait(wait, context, heartbeat).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;

    fn unavailable() -> PortError {
        PortError::Unavailable { what: "store", reason: "connection refused".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn tries_until_the_dependency_is_there() {
        let context = RoleContext::detached("persister");
        let (heartbeat, store) = (context.heartbeat("store"), context.dependency("store"));
        let mut tries = 0;
        let result = retry(&context, &heartbeat, &store, || {
            tries += 1;
            ready(if tries < 50 { Err(unavailable()) } else { Ok(tries) })
        });
        assert_eq!(result.await.unwrap(), 50);
        assert!(context.roster().is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_when_asked_to_stop_and_says_what_is_missing() {
        let context = RoleContext::detached("persister");
        let (heartbeat, store) = (context.heartbeat("store"), context.dependency("store"));
        context.shutdown().cancel();
        let result = retry(&context, &heartbeat, &store, || ready(Err::<(), _>(unavailable()))).await;
        assert!(matches!(result, Err(Stopped::Shutdown)));
        assert_eq!(
            context.roster().roles()["persister"].to_string(),
            "waiting for store: connection refused"
        );
    }

    #[tokio::test]
    async fn what_no_retry_helps_is_returned_at_once() {
        let context = RoleContext::detached("persister");
        let (heartbeat, store) = (context.heartbeat("store"), context.dependency("store"));
        let broken = || PortError::Broken { what: "store", reason: "not a database".into() };
        let result = retry(&context, &heartbeat, &store, || ready(Err::<(), _>(broken()))).await;
        assert!(matches!(result, Err(Stopped::Failed(PortError::Broken { .. }))));
    }
}
