//! What analytics counts.

use crate::due::{Chunk, Stand};
use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry};
use std::time::Duration;
use watchkeeper_domain::Window;
use watchkeeper_runtime::telemetry::register;

#[derive(Clone)]
pub(crate) struct AnalyticsMetrics {
    rollups: IntCounterVec,
    behind: IntGaugeVec,
    seconds: GaugeVec,
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
            "Windows that are over and not made yet, by pass: `hour`, `hour+3600s`.",
        );
        let seconds = Opts::new(
            "watchkeeper_analytics_last_seconds",
            "How long the windows took that were made last, by their length.",
        );
        Ok(Self {
            rollups: counter("watchkeeper_analytics_rollups_total", "Rollups made, also those made again.")?,
            behind: register(registry, IntGaugeVec::new(behind, &["pass"])?)?,
            seconds: register(registry, GaugeVec::new(seconds, &["window"])?)?,
            pruned: counter(
                "watchkeeper_analytics_rollups_pruned_total",
                "Rollups removed because they were older than the retention.",
            )?,
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
    }

    pub(crate) fn pruned(&self, window: Window, rollups: u64) {
        self.pruned.with_label_values(&[window.name()]).inc_by(rollups);
    }
}
