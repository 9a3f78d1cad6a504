//! Metrics of analytics.

use crate::due::{Chunk, Stand};
use prometheus::{
    GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
};
use std::time::Duration;
use watchkeeper_domain::Window;
use watchkeeper_runtime::telemetry::register;

#[derive(Clone)]
pub(crate) struct AnalyticsMetrics {
    rollups: IntCounterVec,
    behind: IntGaugeVec,
    seconds: GaugeVec,
    pass_seconds: HistogramVec,
    /// Rollups stored with one call.
    pub(crate) batch: Histogram,
    pub(crate) store_errors: IntCounter,
    pruned: IntCounterVec,
}

impl AnalyticsMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name, help| {
            let counter = IntCounterVec::new(Opts::new(name, help), &["window"])?;
            register(registry, counter)
        };
        let behind = Opts::new(
            "watchkeeper_analytics_windows_behind",
            "Windows that have ended and are not computed yet, by pass: `hour`, `hour+3600s`.",
        );
        let seconds = Opts::new(
            "watchkeeper_analytics_last_seconds",
            "Duration of the latest step of a pass, by the length of its windows.",
        );
        let pass_seconds = HistogramOpts::new(
            "watchkeeper_analytics_pass_seconds",
            "Duration of one step of a pass, by the length of its windows.",
        );
        let pass_seconds = pass_seconds.buckets(prometheus::exponential_buckets(0.01, 2.0, 16)?);
        let batch = HistogramOpts::new("watchkeeper_analytics_batch_rollups", "Rollups stored in one call.");
        let batch = batch.buckets(prometheus::exponential_buckets(1.0, 4.0, 9)?);
        let store_errors = IntCounter::new(
            "watchkeeper_analytics_store_errors_total",
            "Calls to the rollup store that failed; they are retried.",
        )?;
        let pass_seconds = register(registry, HistogramVec::new(pass_seconds, &["window"])?)?;
        let rollups =
            counter("watchkeeper_analytics_rollups_total", "Rollups computed, including recomputed ones.")?;
        let pruned = counter(
            "watchkeeper_analytics_rollups_pruned_total",
            "Pruned rollups: older than the retention.",
        )?;
        // So that the rate includes the first ones.
        for window in Window::ALL {
            pass_seconds.with_label_values(&[window.name()]);
            rollups.with_label_values(&[window.name()]);
            pruned.with_label_values(&[window.name()]);
        }
        Ok(Self {
            pass_seconds,
            batch: register(registry, Histogram::with_opts(batch)?)?,
            store_errors: register(registry, store_errors)?,
            rollups,
            behind: register(registry, IntGaugeVec::new(behind, &["pass"])?)?,
            seconds: register(registry, GaugeVec::new(seconds, &["window"])?)?,
            pruned,
        })
    }

    pub(crate) fn stands<'s>(&self, stands: impl IntoIterator<Item = &'s Stand<'s>>) {
        for stand in stands {
            let behind = i64::try_from(stand.behind()).unwrap_or(i64::MAX);
            self.behind.with_label_values(&[&stand.pass.name]).set(behind);
        }
    }

    pub(crate) fn made(&self, chunk: &Chunk<'_>, rollups: u64, took: Duration) {
        self.rollups.with_label_values(&[chunk.window.name()]).inc_by(rollups);
        self.seconds.with_label_values(&[chunk.window.name()]).set(took.as_secs_f64());
        self.pass_seconds.with_label_values(&[chunk.window.name()]).observe(took.as_secs_f64());
    }

    pub(crate) fn pruned(&self, window: Window, rollups: u64) {
        self.pruned.with_label_values(&[window.name()]).inc_by(rollups);
    }
}
