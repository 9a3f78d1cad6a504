//! How a consumer is getting on: its metrics and its status line.

use super::Source;
use crate::context::RoleContext;
use crate::figures::{Grouped, per_second};
use crate::telemetry::register;
use prometheus::{IntCounter, IntGaugeVec, Opts};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use watchkeeper_ports::{EventBus, Group, ReceivedBatch, Topic};

/// How often the lag is asked for and the status line written.
const REPORT_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Progress {
    bus: Arc<dyn EventBus>,
    topic: Topic,
    group: Group,
    context: RoleContext,
    reports: Interval,
    records: IntCounter,
    commits: IntCounter,
    lag: IntGaugeVec,
    since_report: u64,
    last_report: Instant,
    last_commit: Option<Instant>,
}

impl Progress {
    pub(super) fn new(context: &RoleContext, source: &Source) -> Result<Self, prometheus::Error> {
        let opts = |name: &str, help: &str| {
            Opts::new(name, help)
                .const_label("role", context.role())
                .const_label("topic", source.topic.name())
        };
        let counter = |name, help| register(context.registry(), IntCounter::with_opts(opts(name, help))?);
        let lag =
            opts("watchkeeper_consumer_lag_records", "Records on the bus that the group has yet to commit.");
        let mut reports = interval(REPORT_EVERY);
        reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            bus: Arc::clone(&source.bus),
            topic: source.topic.clone(),
            group: source.group.clone(),
            context: context.clone(),
            reports,
            records: counter("watchkeeper_consumer_records_total", "Records received from the bus.")?,
            commits: counter("watchkeeper_consumer_commits_total", "Positions committed to the bus.")?,
            lag: register(context.registry(), IntGaugeVec::new(lag, &["partition"])?)?,
            since_report: 0,
            last_report: Instant::now(),
            last_commit: None,
        })
    }

    pub(super) fn received(&mut self, batch: &ReceivedBatch) {
        let count = batch.records.len() as u64;
        self.records.inc_by(count);
        self.since_report += count;
    }

    pub(super) fn committed(&mut self) {
        self.commits.inc();
        self.last_commit = Some(Instant::now());
    }

    /// Waits until a report is due. Cancel-safe.
    pub(super) async fn due(&mut self) {
        self.reports.tick().await;
    }

    /// Asks for the lag, and writes the metrics and the status line.
    pub(super) async fn report(&mut self) {
        let lag = match self.bus.lag(&self.topic, &self.group).await {
            Ok(lags) => {
                for lag in &lags {
                    let records = i64::try_from(lag.records()).unwrap_or(i64::MAX);
                    self.lag.with_label_values(&[lag.partition.partition.to_string()]).set(records);
                }
                Some(lags.iter().map(watchkeeper_ports::Lag::records).sum())
            }
            Err(_) => None,
        };
        let elapsed = self.last_report.elapsed();
        let report = Report {
            records_per_second: per_second(std::mem::take(&mut self.since_report), elapsed),
            lag,
            last_commit: self.last_commit.map(|at| at.elapsed()),
        };
        self.last_report = Instant::now();
        self.context.set_status(report);
    }
}

/// `4,120 records/s, lag 0, last commit 12 ms ago`.
struct Report {
    records_per_second: u64,
    lag: Option<u64>,
    last_commit: Option<Duration>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records/s, lag ", Grouped(self.records_per_second))?;
        match self.lag {
            Some(lag) => write!(f, "{}", Grouped(lag))?,
            None => f.write_str("unknown")?,
        }
        match self.last_commit {
            None => f.write_str(", nothing committed yet"),
            Some(ago) if ago < Duration::from_secs(1) => {
                write!(f, ", last commit {} ms ago", ago.as_millis())
            }
            Some(ago) => write!(f, ", last commit {} s ago", Grouped(ago.as_secs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_line_reads_at_a_glance() {
        let busy = Report {
            records_per_second: 4_120,
            lag: Some(1_234_567),
            last_commit: Some(Duration::from_millis(12)),
        };
        assert_eq!(busy.to_string(), "4,120 records/s, lag 1,234,567, last commit 12 ms ago");
        let idle = Report { records_per_second: 0, lag: None, last_commit: None };
        assert_eq!(idle.to_string(), "0 records/s, lag unknown, nothing committed yet");
    }
}
