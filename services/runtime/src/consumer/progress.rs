//! Metrics and status line of a consumer.

use super::Source;
use crate::context::{RoleContext, RoleResult};
use crate::figures::{Grouped, per_second, roughly};
use crate::periodic::Rounds;
use crate::retry::Stopped;
use crate::telemetry::register;
use parking_lot::{Mutex, MutexGuard};
use prometheus::{IntCounter, IntGaugeVec, Opts};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_config::show_duration;
use watchkeeper_ports::{EventBus, Group, Lag, ReceivedBatch, Topic};

/// How often the lag is queried and the status line written.
const REPORT_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Progress {
    bus: Arc<dyn EventBus>,
    topic: Topic,
    group: Group,
    context: RoleContext,
    records: IntCounter,
    commits: IntCounter,
    lag: IntGaugeVec,
    last_commit: Mutex<Option<Instant>>,
}

impl Progress {
    pub(super) fn new(context: &RoleContext, source: &Source) -> Result<Self, prometheus::Error> {
        let opts = |name: &str, help: &str| {
            Opts::new(name, help)
                .const_label("role", context.role())
                .const_label("topic", source.topic.name())
        };
        let counter = |name, help| register(context.registry(), IntCounter::with_opts(opts(name, help))?);
        let lag = opts(
            "watchkeeper_consumer_lag_records",
            "Records on the bus that the group has not committed yet.",
        );
        Ok(Self {
            bus: Arc::clone(&source.bus),
            topic: source.topic.clone(),
            group: source.group.clone(),
            context: context.clone(),
            records: counter("watchkeeper_consumer_records_total", "Records received from the bus.")?,
            commits: counter("watchkeeper_consumer_commits_total", "Positions committed to the bus.")?,
            lag: register(context.registry(), IntGaugeVec::new(lag, &["partition"])?)?,
            last_commit: Mutex::default(),
        })
    }

    pub(super) fn received(&self, batch: &ReceivedBatch) {
        self.records.inc_by(batch.records.len() as u64);
    }

    pub(super) fn committed(&self) {
        self.commits.inc();
        *self.last_commit() = Some(Instant::now());
    }

    /// Writes the metrics and the status line until the role stops. A bus may take long to answer, so nothing waits
    /// for this.
    pub(super) async fn keep_reporting(&self) -> RoleResult {
        let heartbeat = self.context.heartbeat("report");
        let mut rounds = Rounds::every(REPORT_EVERY, &self.context, &heartbeat);
        let mut last = (Instant::now(), self.records.get());
        while rounds.next(self.report(&mut last)).await? {}
        Ok(())
    }

    /// `last` is the time and record count of the previous report.
    async fn report(&self, last: &mut (Instant, u64)) -> Result<(), Stopped> {
        let lag = self.ask_for_lag().await;
        let ((last_report, reported), records) = (*last, self.records.get());
        let report = Report {
            records_per_second: per_second(records - reported, last_report.elapsed()),
            lag,
            last_commit: self.last_commit().map(|at| at.elapsed()),
        };
        *last = (Instant::now(), records);
        self.context.set_lag(self.topic.name(), lag);
        self.context.set_status(report);
        Ok(())
    }

    async fn ask_for_lag(&self) -> Option<u64> {
        let lags = self.bus.lag(&self.topic, &self.group).await.ok()?;
        for lag in &lags {
            let records = i64::try_from(lag.records()).unwrap_or(i64::MAX);
            self.lag.with_label_values(&[lag.partition.partition.to_string()]).set(records);
        }
        Some(lags.iter().map(Lag::records).sum())
    }

    fn last_commit(&self) -> MutexGuard<'_, Option<Instant>> {
        self.last_commit.lock()
    }
}

/// What stands before the lag in the status line.
const LAG: &str = "lag ";

/// `4,120 records/s, lag 0, last commit 12 ms ago`.
struct Report {
    records_per_second: u64,
    lag: Option<u64>,
    last_commit: Option<Duration>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records/s, {LAG}", Grouped(self.records_per_second))?;
        match self.lag {
            Some(lag) => write!(f, "{}", Grouped(lag))?,
            None => f.write_str("unknown")?,
        }
        match self.last_commit {
            None => f.write_str(", nothing committed yet"),
            Some(ago) if ago < Duration::from_secs(1) => {
                write!(f, ", last commit {} ms ago", ago.as_millis())
            }
            Some(ago) if ago < Duration::from_secs(60) => write!(f, ", last commit {} s ago", ago.as_secs()),
            Some(ago) => write!(f, ", last commit {} ago", show_duration(roughly(ago))),
        }
    }
}

/// The lag in a `STATUS=` text, in records: the sum, if several roles of the process report one. `None` if none does, or
/// one does not know it.
#[must_use]
pub fn lag_in_status(status: &str) -> Option<u64> {
    let fields = status.split(" | ").flat_map(|role| role.split(", ")).flat_map(|part| part.split("; "));
    let lags =
        fields.filter_map(|field| field.strip_prefix(LAG)).map(|lag| lag.replace(',', "").parse().ok());
    lags.reduce(|sum: Option<u64>, lag| Some(sum?.saturating_add(lag?))).flatten()
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
        let long_ago = Report { last_commit: Some(Duration::from_secs(7_300)), ..busy };
        assert_eq!(long_ago.to_string(), "4,120 records/s, lag 1,234,567, last commit 2h ago");
        let idle = Report { records_per_second: 0, lag: None, last_commit: None };
        assert_eq!(idle.to_string(), "0 records/s, lag unknown, nothing committed yet");
    }

    #[test]
    fn the_lag_is_found_in_the_status_of_one_role_and_summed_over_several() {
        let report = |lag| Report { records_per_second: 4_120, lag, last_commit: Some(Duration::ZERO) };
        let [some, more, unknown] = [Some(1_234_567), Some(3), None].map(|lag| report(lag).to_string());
        assert_eq!(lag_in_status(&some), Some(1_234_567));
        assert_eq!(lag_in_status(&format!("restart to apply: backends; {some}")), Some(1_234_567));
        let waiting = "waiting for cache: Redis at k1:6379: Connection refused (os error 111); lag 35";
        assert_eq!(lag_in_status(waiting), Some(35));
        let up = format!("api: 3 requests/s | cache: {some} | persister: {more}");
        assert_eq!(lag_in_status(&up), Some(1_234_570));
        for none in [&*unknown, &*format!("cache: {some} | persister: {unknown}"), "", "a lag of 3", "lag 3x"]
        {
            assert_eq!(lag_in_status(none), None, "{none}");
        }
    }
}
