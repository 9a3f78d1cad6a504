//! The loop of one target.

use crate::marks::Marks;
use crate::metrics::{CollectorMetrics, SourceMetrics};
use crate::queue::Queue;
use crate::schedule::Schedule;
use crate::target::{CollectError, Target};
use std::mem;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_runtime::RoleContext;

/// What the loops of all targets share.
pub(crate) struct Collecting {
    pub(crate) context: RoleContext,
    /// The zero of the schedules' clock.
    pub(crate) started: Instant,
    pub(crate) marks: Arc<Marks>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) metrics: Arc<CollectorMetrics>,
}

impl Collecting {
    /// Collects from a target whenever it is due, until `stop`, which the role's own stop includes.
    pub(crate) async fn follow(
        self: Arc<Self>,
        name: Arc<str>,
        mut target: Box<dyn Target>,
        mut schedule: Schedule,
        stop: CancellationToken,
    ) {
        let metrics = self.metrics.of(target.source());
        let (mut was_up, mut was_unprobed) = (None, false);
        while self.until_due(&schedule, &stop, &metrics).await {
            self.marks.begun(&name, Timestamp::now());
            let outcome = self.collect(&name, &mut *target, &metrics).await;
            self.note(&name, schedule.is_failing(), &outcome);
            self.count_site(mem::replace(&mut was_up, target.is_up()), target.is_up());
            let is_unprobed = matches!(outcome, Err(CollectError::CannotProbe(_)));
            self.count_unprobed(mem::replace(&mut was_unprobed, is_unprobed), is_unprobed);
            let now = self.started.elapsed();
            let samples = match outcome {
                Ok(samples) => {
                    schedule.succeeded(now);
                    samples
                }
                Err(error @ CollectError::CannotProbe(_)) => {
                    schedule.skipped(now);
                    target.failed(&error)
                }
                Err(error) => {
                    schedule.failed(now, refused_for(&error, Timestamp::now()));
                    target.failed(&error)
                }
            };
            metrics.samples.inc_by(samples.len() as u64);
            self.hand_over(samples).await;
        }
        self.count_site(was_up, None);
        self.count_unprobed(was_unprobed, false);
        self.metrics.failing.sub(i64::from(schedule.is_failing()));
    }

    /// Adds a collection to the queue once it has capacity, or the role stops: queued samples are still published.
    async fn hand_over(&self, samples: Vec<Sample>) {
        if samples.is_empty() {
            return;
        }
        let _room = tokio::select! {
            biased;
            room = self.queue.room() => Some(room),
            () = self.context.shutdown().cancelled() => None,
        };
        self.queue.push(samples);
    }

    /// Waits until the target is due; `false` if it stops.
    async fn until_due(
        &self,
        schedule: &Schedule,
        stop: &CancellationToken,
        metrics: &SourceMetrics,
    ) -> bool {
        let due = self.started + schedule.due();
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            () = sleep_until(due) => {
                metrics.delay_seconds.observe(due.elapsed().as_secs_f64());
                true
            }
        }
    }

    /// One collection. It has a heartbeat only while it runs: idle targets cost nothing.
    async fn collect(
        &self,
        name: &str,
        target: &mut dyn Target,
        metrics: &SourceMetrics,
    ) -> Result<Vec<Sample>, CollectError> {
        let _busy = self.context.heartbeat(name);
        let limit = target.timing().timeout();
        let begun = Instant::now();
        let outcome = timeout(limit, target.collect()).await.unwrap_or(Err(CollectError::TimedOut(limit)));
        metrics.took(begun.elapsed(), &outcome);
        outcome
    }

    /// Counts a site by its last result.
    fn count_site(&self, was_up: Option<bool>, is_up: Option<bool>) {
        let CollectorMetrics { sites, sites_down, .. } = &*self.metrics;
        let is_down = |up: Option<bool>| i64::from(up == Some(false));
        sites.add(i64::from(is_up.is_some()) - i64::from(was_up.is_some()));
        sites_down.add(is_down(is_up) - is_down(was_up));
    }

    fn count_unprobed(&self, was_unprobed: bool, is_unprobed: bool) {
        self.metrics.unprobed.add(i64::from(is_unprobed) - i64::from(was_unprobed));
    }

    /// Logs when a target begins to fail and when it works again, and nothing in between.
    fn note(&self, target: &str, was_failing: bool, outcome: &Result<Vec<Sample>, CollectError>) {
        match (was_failing, outcome) {
            // One cause, many targets: the source logs the cause once.
            (_, Err(error @ CollectError::CannotProbe(_))) => tracing::debug!(target_name = target, %error),
            (false, Err(error)) => {
                self.metrics.failing.inc();
                tracing::warn!(target_name = target, %error, "collection failed");
            }
            (true, Err(error)) => tracing::debug!(target_name = target, %error, "collection still fails"),
            (true, Ok(_)) => {
                self.metrics.failing.dec();
                tracing::info!(target_name = target, "collection works again");
            }
            (false, Ok(_)) => {}
        }
    }
}

/// How long from `now` on the target refuses further requests.
fn refused_for(error: &CollectError, now: Timestamp) -> Duration {
    match error {
        CollectError::Refused { until: Some(until), .. } => until.since(now),
        _ => Duration::ZERO,
    }
}
