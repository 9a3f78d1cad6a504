//! Metrics of the notifier.

use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use std::time::Duration;
use watchkeeper_domain::{Channel, Timestamp};
use watchkeeper_ports::Topic;
use watchkeeper_runtime::telemetry::register;

pub(crate) struct NotifierMetrics {
    pub(crate) alerts_firing: IntGauge,
    pub(crate) waiting: IntGauge,
    pub(crate) oldest_waiting_seconds: IntGauge,
    pub(crate) undecodable: IntCounter,
    pub(crate) repartitioned: IntCounter,
    pub(crate) copies: IntCounter,
    pub(crate) own_heartbeats: IntCounterVec,
    /// By outcome: `answered` or `failed`.
    pub(crate) reports: IntCounterVec,
    notifications: IntCounterVec,
    send_seconds: HistogramVec,
    evaluated_until: IntGaugeVec,
    series_watched: IntGaugeVec,
    series_refused: IntGaugeVec,
}

/// The outcome of an attempt to send, as in the label `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    Delivered,
    Failed,
    GivenUp,
}

impl Attempt {
    const ALL: [Self; 3] = [Self::Delivered, Self::Failed, Self::GivenUp];

    const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

impl NotifierMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| register(registry, IntGauge::new(name, help)?);
        let by_topic =
            |name: &str, help: &str| register(registry, IntGaugeVec::new(Opts::new(name, help), &["topic"])?);
        let attempts = Opts::new(
            "watchkeeper_notifier_attempts_total",
            "Attempts to send a notification, by outcome: delivered, failed (will be retried) or \
             given_up.",
        );
        let undecodable = IntCounter::new(
            "watchkeeper_notifier_undecodable_total",
            "Records that are not samples or dead letters; no rule evaluates them.",
        )?;
        let repartitioned = IntCounter::new(
            "watchkeeper_notifier_repartitioned_total",
            "Samples in another partition than the key of their series maps to.",
        )?;
        let copies = IntCounter::new(
            "watchkeeper_notifier_copies_total",
            "Records that repeat a cached value under the label cached=\"true\"; no rule evaluates them.",
        )?;
        let own_heartbeats = Opts::new(
            "watchkeeper_notifier_own_heartbeats_total",
            "Heartbeats to another watcher, by outcome: success, or error (also when it was not sent).",
        );
        let own_heartbeats = register(registry, IntCounterVec::new(own_heartbeats, &["outcome"])?)?;
        let reports = Opts::new(
            "watchkeeper_notifier_reports_total",
            "Reports that were run by their schedule, by outcome: answered or failed. Both are mailed.",
        );
        let reports = register(registry, IntCounterVec::new(reports, &["outcome"])?)?;
        let notifications = register(registry, IntCounterVec::new(attempts, &["channel", "outcome"])?)?;
        let send_seconds = HistogramOpts::new(
            "watchkeeper_notifier_send_seconds",
            "Duration of one attempt to send a notification, whatever its outcome.",
        );
        let send_seconds = send_seconds.buckets(prometheus::exponential_buckets(0.005, 2.0, 18)?);
        let send_seconds = register(registry, HistogramVec::new(send_seconds, &["channel"])?)?;
        // So that the rate includes the first failure.
        for outcome in ["answered", "failed"] {
            reports.with_label_values(&[outcome]);
        }
        for channel in Channel::ALL {
            send_seconds.with_label_values(&[channel.name()]);
            for attempt in Attempt::ALL {
                notifications.with_label_values(&[channel.name(), attempt.name()]);
            }
        }
        Ok(Self {
            own_heartbeats,
            reports,
            alerts_firing: gauge("watchkeeper_notifier_alerts_firing", "Firing alerts.")?,
            waiting: gauge("watchkeeper_notifier_notifications_waiting", "Pending notifications.")?,
            oldest_waiting_seconds: gauge(
                "watchkeeper_notifier_oldest_waiting_seconds",
                "Age of the oldest pending notification; 0 if there is none.",
            )?,
            undecodable: register(registry, undecodable)?,
            repartitioned: register(registry, repartitioned)?,
            copies: register(registry, copies)?,
            notifications,
            send_seconds,
            evaluated_until: by_topic(
                "watchkeeper_notifier_evaluated_until_timestamp_seconds",
                "Time up to which the records of a topic are evaluated.",
            )?,
            series_watched: by_topic(
                "watchkeeper_notifier_series_watched",
                "Series for which rules keep state.",
            )?,
            series_refused: by_topic(
                "watchkeeper_notifier_series_refused",
                "Times a series was not evaluated because the limit on evaluated series is reached.",
            )?,
        })
    }

    /// Records an attempt to send and its duration.
    pub(crate) fn attempted(&self, channel: Channel, attempt: Attempt, took: Duration) {
        self.send_seconds.with_label_values(&[channel.name()]).observe(took.as_secs_f64());
        self.notifications.with_label_values(&[channel.name(), attempt.name()]).inc();
    }

    /// The number of attempts with this outcome.
    #[cfg(test)]
    pub(crate) fn attempts(&self, channel: Channel, attempt: Attempt) -> u64 {
        self.notifications.with_label_values(&[channel.name(), attempt.name()]).get()
    }

    /// How far evaluation lags behind `now`; `None` if nothing was evaluated yet.
    pub(crate) fn behind(&self, now: Timestamp) -> Option<Duration> {
        let until = self.evaluated_until.with_label_values(&[Topic::METRICS.name()]).get();
        let until =
            until.checked_mul(1_000_000).filter(|&micros| micros > 0).and_then(Timestamp::from_micros);
        until.map(|until| now.since(until))
    }

    /// Updates the evaluation metrics of a topic.
    pub(crate) fn evaluated(&self, topic: &Topic, until: Timestamp, watched: usize, refused: u64) {
        let topic = [topic.name()];
        self.evaluated_until.with_label_values(&topic).set(until.as_micros() / 1_000_000);
        self.series_watched.with_label_values(&topic).set(i64::try_from(watched).unwrap_or(i64::MAX));
        self.series_refused.with_label_values(&topic).set(i64::try_from(refused).unwrap_or(i64::MAX));
    }
}
