//! Periodic work of a role.

use crate::context::RoleContext;
use crate::figures::millis;
use crate::heartbeat::Heartbeat;
use crate::outages::{Outages, Turn, User};
use crate::retry::Stopped;
use std::error::Error;
use std::future::{Future, pending};
use std::mem;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use watchkeeper_ports::{Failure, PortError};

/// Rounds of work: the first at once, then one per interval until the role stops:
///
/// ```no_run
/// # use watchkeeper_runtime::{RoleContext, RoleResult, Rounds};
/// # async fn prune() -> Result<(), watchkeeper_ports::PortError> { Ok(()) }
/// # async fn keep_pruning(context: RoleContext) -> RoleResult {
/// let heartbeat = context.heartbeat("prune");
/// let mut rounds = Rounds::every(std::time::Duration::from_secs(3600), &context, &heartbeat);
/// while rounds.next(async { Ok(prune().await?) }).await? {}
/// # Ok(())
/// # }
/// ```
///
/// A round may wait for its dependencies without counting as hung. To report such a wait it uses
/// [`Heartbeat::waiting`].
pub struct Rounds<'a> {
    context: &'a RoleContext,
    heartbeat: &'a Heartbeat,
    due: Interval,
    /// So that work that keeps failing is logged as an outage is.
    failures: Outages,
    /// Whether the last round failed.
    failed: bool,
}

impl<'a> Rounds<'a> {
    /// A round every `every`; after one that takes longer, the next follows that long after it.
    pub fn every(every: Duration, context: &'a RoleContext, heartbeat: &'a Heartbeat) -> Self {
        let mut due = interval(every);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { context, heartbeat, due, failures: Outages::default(), failed: false }
    }

    /// Waits until a round is due, and does `work`. Returns whether there is a next round: not once the role stops,
    /// and a running round is dropped then. A failure is logged as an outage is, and the next round comes at its interval.
    ///
    /// # Errors
    /// A failure that only a restart helps ([`Failure::Stop`]).
    pub async fn next(
        &mut self,
        work: impl Future<Output = Result<(), Stopped>>,
    ) -> Result<bool, Box<dyn Error + Send + Sync>> {
        self.next_or_when(pending(), work).await
    }

    /// The same, but the round begins early when `news` completes. `news` may be dropped before.
    ///
    /// # Errors
    /// A failure that only a restart helps ([`Failure::Stop`]).
    pub async fn next_or_when(
        &mut self,
        news: impl Future<Output = ()>,
        work: impl Future<Output = Result<(), Stopped>>,
    ) -> Result<bool, Box<dyn Error + Send + Sync>> {
        let Self { context, heartbeat, due, .. } = self;
        let begin = async {
            tokio::select! {
                _ = due.tick() => {}
                () = news => {}
            }
        };
        let round = async {
            heartbeat.idle(begin).await;
            heartbeat.round(work).await
        };
        let outcome = tokio::select! {
            biased;
            () = context.shutdown().cancelled() => return Ok(false),
            outcome = round => outcome,
        };
        match outcome {
            Ok(()) => self.note(None),
            Err(Stopped::Shutdown) => return Ok(false),
            Err(Stopped::Failed(error)) if error.failure() == Failure::Stop => return Err(error.into()),
            Err(Stopped::Failed(error)) => self.note(Some(&error)),
        }
        Ok(true)
    }

    fn note(&mut self, error: Option<&PortError>) {
        let user = User { role: self.context.role(), dependency: "round", part: 0 };
        let now = Instant::now();
        // An outage is logged where the role needs the dependency. Here it counts from the second round in a row.
        let failed_before = mem::replace(&mut self.failed, error.is_some());
        let turn = match error {
            Some(PortError::Unavailable { .. }) if !failed_before => None,
            Some(_) => self.failures.failed(user, now),
            None => self.failures.succeeded(user, now),
        };
        let (loop_name, retry_in_ms) = (self.heartbeat.name(), millis(self.due.period()));
        match (turn, error) {
            (Some(Turn::Ended(lasted)), _) => {
                tracing::info!(loop_name, duration_ms = millis(lasted), "periodic task works again");
            }
            (Some(_), Some(error)) => {
                tracing::warn!(loop_name, %error, retry_in_ms, "periodic task failed: trying again at each interval");
            }
            (None, Some(error)) => {
                tracing::debug!(loop_name, %error, retry_in_ms, "periodic task failed");
            }
            (_, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heartbeat::{MAX_BUSY, MAX_WAIT};
    use std::pin::pin;
    use tokio::sync::Notify;
    use tokio::time::{Instant, timeout};
    use watchkeeper_ports::PortError;

    const EVERY: Duration = Duration::from_secs(60);

    fn unavailable() -> Stopped {
        PortError::Unavailable { what: "store", reason: "connection refused".into() }.into()
    }

    fn broken() -> Stopped {
        PortError::Broken { what: "store", reason: "damaged".into() }.into()
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_done_at_once_and_again_after_each_interval_also_after_a_failure() {
        let context = RoleContext::detached("role");
        let (heartbeat, begun, mut done) = (context.heartbeat("prune"), Instant::now(), Vec::new());
        let mut rounds = Rounds::every(EVERY, &context, &heartbeat);
        for _ in 0..3 {
            let work = async {
                done.push(begun.elapsed());
                Err(unavailable())
            };
            assert!(rounds.next(work).await.unwrap());
        }
        assert_eq!(done, [Duration::ZERO, EVERY, EVERY * 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn news_begins_a_round_before_it_is_due() {
        let context = RoleContext::detached("role");
        let (heartbeat, begun, mut done) = (context.heartbeat("dispatch"), Instant::now(), Vec::new());
        let mut rounds = Rounds::every(EVERY, &context, &heartbeat);
        let news = Notify::new();
        for _ in 0..3 {
            let work = async {
                done.push(begun.elapsed());
                Ok(())
            };
            assert!(rounds.next_or_when(news.notified(), work).await.unwrap());
            if begun.elapsed() == Duration::ZERO {
                tokio::time::sleep(EVERY / 2).await;
                news.notify_one();
            }
        }
        assert_eq!(done, [Duration::ZERO, EVERY / 2, EVERY]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_only_a_restart_helps_ends_the_role() {
        let context = RoleContext::detached("role");
        let heartbeat = context.heartbeat("prune");
        let mut rounds = Rounds::every(EVERY, &context, &heartbeat);
        let error = rounds.next(async { Err(broken()) }).await.unwrap_err();
        assert_eq!(error.to_string(), "store is unusable: damaged");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_does_not_wait_for_work_that_is_under_way_and_there_is_no_next_round() {
        let context = RoleContext::detached("role");
        let heartbeat = context.heartbeat("prune");
        let mut rounds = Rounds::every(EVERY, &context, &heartbeat);
        let work = async {
            context.shutdown().cancel();
            pending().await
        };
        assert!(!rounds.next(work).await.unwrap());
        assert!(!rounds.next(async { unreachable!("the role is asked to stop") }).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn neither_the_time_between_rounds_nor_a_slow_round_is_a_hang_but_one_without_end_is() {
        let context = RoleContext::detached("role");
        let (heartbeat, roster) = (context.heartbeat("prune"), context.roster());
        let mut rounds = Rounds::every(MAX_WAIT * 2, &context, &heartbeat);
        assert!(rounds.next(async { Ok(()) }).await.unwrap());
        let mut slow = pin!(rounds.next(pending()));
        for waited in [MAX_WAIT * 2, MAX_BUSY * 3] {
            assert!(timeout(waited, slow.as_mut()).await.is_err());
            assert_eq!(roster.hung(), [""; 0]);
        }
        assert!(timeout(MAX_WAIT, slow.as_mut()).await.is_err());
        assert_eq!(roster.hung(), ["role.prune"]);
    }
}
