//! What the persister counts.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Registry};
use watchkeeper_ports::Appended;
use watchkeeper_runtime::telemetry::register;

pub(crate) struct PersisterMetrics {
    pub(crate) stored: IntCounter,
    pub(crate) repeated: IntCounter,
    pub(crate) copies: IntCounter,
    pub(crate) dead_letters: IntCounter,
    pub(crate) dead_letters_dropped: IntCounter,
    pub(crate) pruned: IntCounter,
    pub(crate) series: IntGauge,
    pub(crate) without_room: IntCounter,
    pub(crate) append_seconds: Histogram,
    pub(crate) store_errors: IntCounter,
}

impl PersisterMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name, help| register(registry, IntCounter::new(name, help)?);
        let append_seconds = Histogram::with_opts(
            HistogramOpts::new("watchkeeper_persister_append_seconds", "Time of one transaction.")
                .buckets(prometheus::exponential_buckets(0.001, 2.0, 14)?),
        )?;
        Ok(Self {
            stored: counter("watchkeeper_persister_samples_stored_total", "Samples stored.")?,
            repeated: counter(
                "watchkeeper_persister_samples_repeated_total",
                "Samples left out because they were stored already.",
            )?,
            copies: counter(
                "watchkeeper_persister_copies_total",
                "Records that repeat a cached value under the label cached=\"true\"; nothing is stored of them.",
            )?,
            dead_letters: counter(
                "watchkeeper_persister_dead_letters_total",
                "Records sent to the dead-letter topic.",
            )?,
            dead_letters_dropped: counter(
                "watchkeeper_persister_dead_letters_dropped_total",
                "Rejected records of which the bus refuses the letter too; the log says where they lie.",
            )?,
            pruned: counter(
                "watchkeeper_persister_samples_pruned_total",
                "Samples removed because they were older than the retention.",
            )?,
            series: register(
                registry,
                IntGauge::new("watchkeeper_persister_series", "Series in the store, as of the last minute.")?,
            )?,
            without_room: counter(
                "watchkeeper_persister_samples_without_room_total",
                "Samples rejected because they were of new series when there were as many as may be.",
            )?,
            append_seconds: register(registry, append_seconds)?,
            store_errors: counter(
                "watchkeeper_persister_store_errors_total",
                "Transactions that failed because of the store, not because of a sample; they are tried again.",
            )?,
        })
    }

    /// Counts what an append did.
    pub(crate) fn count(&self, Appended { stored, repeated }: Appended) {
        self.stored.inc_by(stored);
        self.repeated.inc_by(repeated);
    }
}
