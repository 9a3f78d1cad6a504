//! Heartbeats: jobs call a URL when they have run, and each call becomes a sample.
//!
//! Every [`LISTEN_EVERY`], ingest also publishes for how long it has been able to receive them, because the rules must
//! not take its own outage for the silence of a job.

mod http;
mod report;

pub(crate) use http::{__path_take_heartbeat, __path_take_outcome, HEARTBEAT, HEARTBEAT_OUTCOME, router};
pub(crate) use report::Report;

use crate::intake::Shared;
use crate::kind::Kind as _;
use crate::metrics::HeartbeatMetrics;
use crate::samples::Samples;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::RwLock;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{BatchBuilder, EventBus as _, PortError};
use watchkeeper_rules::{RuleSet, listening_series, state_series};
use watchkeeper_runtime::http::Problem;
use watchkeeper_spool::SpooledBus;
use watchkeeper_wire::sample::write_sample;

/// How often to publish that heartbeats can be received. A missing heartbeat is noticed that much later at most.
pub(crate) const LISTEN_EVERY: Duration = Duration::from_secs(10);

/// After a longer pause between two publications, this host was asleep, or its clock was set: heartbeats could not be
/// received all the time.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Receives the heartbeats that the configuration names.
pub(crate) struct Heartbeats {
    rules: Reloadable<RuleSet>,
    shared: Arc<Shared>,
    pub(crate) metrics: HeartbeatMetrics,
    /// Since when heartbeats of each job can be received.
    listening: Mutex<Listening>,
    /// Held from the time of a sample until it is published: shared by reports, alone for what was received until now,
    /// which would else overtake a report.
    order: RwLock<()>,
}

/// Since when heartbeats can be received.
#[derive(Default)]
struct Listening {
    by_job: HashMap<String, Timestamp>,
    /// When this was last published.
    published: Option<Timestamp>,
}

impl Listening {
    /// Begins anew if the wall clock has jumped since the last publication.
    fn reach(&mut self, now: Timestamp) {
        let has_jumped = |last: Timestamp| now < last || now.since(last) > MAX_PAUSE;
        if self.published.is_some_and(has_jumped) {
            self.by_job.clear();
        }
        self.published = Some(now);
    }
}

impl Heartbeats {
    pub(crate) fn new(rules: Reloadable<RuleSet>, shared: Arc<Shared>, metrics: HeartbeatMetrics) -> Self {
        Self { rules, shared, metrics, listening: Mutex::default(), order: RwLock::default() }
    }

    /// Publishes a report of `job`; it is durable when this returns.
    ///
    /// # Errors
    /// 404 for a job that is not configured; what the bus fails with.
    pub(crate) async fn take(&self, job: &str, report: Report) -> Result<(), Problem> {
        if !self.rules.current().heartbeats().any(|heartbeat| heartbeat.job == job) {
            self.metrics.unknown.inc();
            let what = format!("heartbeat {job}: the configuration has no [[heartbeat]] of this name");
            return Err(Problem::not_found(&what));
        }
        let _turn = self.order.read().await;
        let mut sample = Sample::new(Arc::new(state_series(job)), Timestamp::now(), report.state());
        sample.note = report.note();
        let mut batch = BatchBuilder::default();
        push(&mut batch, job, &sample);
        let published = self.bus().publish(&Samples::TOPIC, batch.finish()).await;
        let counter = if published.is_ok() { &self.metrics.accepted } else { &self.metrics.unpublished };
        counter.inc();
        published.map_err(Problem::from)
    }

    /// Publishes until when heartbeats of all jobs could be received, and since when. If that fails, reports fail, too.
    ///
    /// # Errors
    /// What the bus fails with.
    pub(crate) async fn listen(&self) -> Result<(), PortError> {
        let _turn = self.order.write().await;
        let batch = self.heard_until(Timestamp::now());
        if batch.is_empty() {
            return Ok(());
        }
        let published = self.bus().publish(&Samples::TOPIC, batch.finish()).await;
        if published.is_err() {
            self.listening.lock().by_job.clear();
        }
        published
    }

    fn heard_until(&self, now: Timestamp) -> BatchBuilder {
        let (rules, mut listening, mut batch) =
            (self.rules.current(), self.listening.lock(), BatchBuilder::default());
        listening.reach(now);
        let listening = &mut listening.by_job;
        listening.retain(|job, _| rules.heartbeats().any(|heartbeat| heartbeat.job == *job));
        for heartbeat in rules.heartbeats() {
            let since = *listening.entry(heartbeat.job.clone()).or_insert(now);
            let series = Arc::new(listening_series(&heartbeat.job));
            push(&mut batch, &heartbeat.job, &Sample::new(series, now, now.since(since).as_secs_f64()));
        }
        batch
    }

    fn bus(&self) -> &SpooledBus {
        &self.shared.bus
    }
}

/// With the same key for all samples of one job, so that they come in order.
fn push(batch: &mut BatchBuilder, job: &str, sample: &Sample) {
    batch.push_written(state_series(job).key().as_bytes(), |out| write_sample(out, sample));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_pause_or_a_step_of_the_clock_listening_begins_anew() {
        let start: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let mut listening = Listening::default();
        let mut is_kept = |at: Timestamp| {
            listening.reach(at);
            let is_kept = !listening.by_job.is_empty();
            listening.by_job.insert("backup".to_owned(), at);
            is_kept
        };
        assert!(!is_kept(start), "the first time");
        assert!(is_kept(start.plus(LISTEN_EVERY)));
        assert!(is_kept(start.plus(LISTEN_EVERY).plus(MAX_PAUSE)));
        assert!(!is_kept(start.plus(3 * MAX_PAUSE)), "it slept");
        assert!(!is_kept(start), "the clock was set back");
    }
}
