//! Metrics of the collector.

use crate::target::CollectError;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    exponential_buckets,
};
use std::time::Duration;
use watchkeeper_domain::Sample;
use watchkeeper_runtime::telemetry::register;

/// Metrics of all sources together, and of each.
pub(crate) struct CollectorMetrics {
    /// Configured targets.
    pub(crate) targets: IntGauge,
    /// Targets whose last collection failed.
    pub(crate) failing: IntGauge,
    /// Probed sites with a result.
    pub(crate) sites: IntGauge,
    /// Probed sites that are down.
    pub(crate) sites_down: IntGauge,
    /// Targets whose last probe this host could not make.
    pub(crate) unprobed: IntGauge,
    /// Samples accepted by the bus or the spool.
    pub(crate) published: IntCounter,
    /// Samples that were collected and will never be published.
    pub(crate) dropped: IntCounter,
    collections: IntCounterVec,
    collection_seconds: HistogramVec,
    delay_seconds: HistogramVec,
    samples: IntCounterVec,
}

/// Metrics of one source.
pub(crate) struct SourceMetrics {
    /// Samples collected.
    pub(crate) samples: IntCounter,
    /// From the due time of a target to the start of its collection.
    pub(crate) delay_seconds: Histogram,
    source: &'static str,
    seconds: Histogram,
    collections: IntCounterVec,
}

impl CollectorMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| register(registry, IntGauge::new(name, help)?);
        let counter = |name, help| register(registry, IntCounter::new(name, help)?);
        let counters = |name, help, labels: &[&str]| {
            register(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let histograms = |name, help, buckets| {
            let opts = HistogramOpts::new(name, help).buckets(buckets);
            register(registry, HistogramVec::new(opts, &["source"])?)
        };
        Ok(Self {
            targets: gauge("watchkeeper_collector_targets", "Configured targets.")?,
            failing: gauge("watchkeeper_collector_targets_failing", "Targets whose last collection failed.")?,
            sites: gauge("watchkeeper_collector_sites", "Probed sites with a result.")?,
            sites_down: gauge("watchkeeper_collector_sites_down", "Probed sites that are down.")?,
            unprobed: gauge(
                "watchkeeper_collector_targets_unprobed",
                "Targets whose last probe this host could not make: no permission, or no network.",
            )?,
            published: counter(
                "watchkeeper_collector_samples_published_total",
                "Samples accepted by the bus or the spool.",
            )?,
            dropped: counter(
                "watchkeeper_collector_samples_dropped_total",
                "Samples dropped because the bus rejected them.",
            )?,
            collections: counters(
                "watchkeeper_collector_collections_total",
                "Collections by source and outcome.",
                &["source", "outcome"],
            )?,
            collection_seconds: histograms(
                "watchkeeper_collector_collection_seconds",
                "Time of one collection.",
                exponential_buckets(0.001, 2.0, 15)?,
            )?,
            delay_seconds: histograms(
                "watchkeeper_collector_schedule_delay_seconds",
                "Delay between the time a target was due and the start of its collection.",
                exponential_buckets(0.001, 2.0, 12)?,
            )?,
            samples: counters("watchkeeper_collector_samples_total", "Samples collected.", &["source"])?,
        })
    }

    /// Those of one source.
    pub(crate) fn of(&self, source: &'static str) -> SourceMetrics {
        SourceMetrics {
            samples: self.samples.with_label_values(&[source]),
            delay_seconds: self.delay_seconds.with_label_values(&[source]),
            source,
            seconds: self.collection_seconds.with_label_values(&[source]),
            collections: self.collections.clone(),
        }
    }
}

impl SourceMetrics {
    /// Records a collection.
    pub(crate) fn took(&self, time: Duration, outcome: &Result<Vec<Sample>, CollectError>) {
        let outcome = match outcome {
            Ok(_) => "ok",
            Err(CollectError::Unreachable(_)) => "unreachable",
            Err(CollectError::TimedOut(_)) => "timed_out",
            Err(CollectError::Refused { .. }) => "refused",
            Err(CollectError::CannotProbe(_)) => "cannot_probe",
            Err(CollectError::Malformed(_)) => "malformed",
        };
        self.collections.with_label_values(&[self.source, outcome]).inc();
        self.seconds.observe(time.as_secs_f64());
    }
}
