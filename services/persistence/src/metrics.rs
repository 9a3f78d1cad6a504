//! Metrics of a group that stores what it consumes.

use prometheus::{Histogram, HistogramOpts, IntCounter, Registry};
use watchkeeper_ports::Appended;
use watchkeeper_runtime::telemetry::register;

/// Metrics of all kinds of records together.
#[derive(Clone)]
pub(crate) struct GroupMetrics {
    pub(crate) copies: IntCounter,
    pub(crate) dead_letters: IntCounter,
    pub(crate) dead_letters_dropped: IntCounter,
    pub(crate) append_seconds: Histogram,
    pub(crate) store_errors: IntCounter,
}

impl GroupMetrics {
    /// Of `role`: `persister`.
    pub(crate) fn register(registry: &Registry, role: &str) -> Result<Self, prometheus::Error> {
        let name = |of: &str| format!("watchkeeper_{role}_{of}");
        let counter = |of, help| register(registry, IntCounter::new(name(of), help)?);
        let append_seconds = Histogram::with_opts(
            HistogramOpts::new(name("append_seconds"), "Time of one transaction.")
                .buckets(prometheus::exponential_buckets(0.001, 2.0, 14)?),
        )?;
        Ok(Self {
            copies: counter(
                "copies_total",
                "Records that repeat a cached value under the label cached=\"true\"; they are not stored.",
            )?,
            dead_letters: counter("dead_letters_total", "Records sent to the dead-letter topic.")?,
            dead_letters_dropped: counter(
                "dead_letters_dropped_total",
                "Rejected records whose dead letter the bus refuses too; the log has their partition and offset.",
            )?,
            append_seconds: register(registry, append_seconds)?,
            store_errors: counter(
                "store_errors_total",
                "Transactions that failed because of the store, not because of a record; they are retried.",
            )?,
        })
    }
}

/// Metrics of one kind of record.
#[derive(Clone)]
pub(crate) struct StreamMetrics {
    stored: IntCounter,
    repeated: IntCounter,
    pub(crate) pruned: IntCounter,
}

impl StreamMetrics {
    /// For `items` of `role`: `samples` of `persister`.
    pub(crate) fn register(registry: &Registry, role: &str, items: &str) -> Result<Self, prometheus::Error> {
        let counter = |what: &str, help: String| {
            register(registry, IntCounter::new(format!("watchkeeper_{role}_{items}_{what}_total"), help)?)
        };
        Ok(Self {
            stored: counter("stored", format!("Stored {items}."))?,
            repeated: counter("repeated", format!("Skipped {items}: already stored."))?,
            pruned: counter("pruned", format!("Pruned {items}: older than the retention."))?,
        })
    }

    /// Counts the outcome of an append.
    pub(crate) fn count(&self, Appended { stored, repeated }: Appended) {
        self.stored.inc_by(stored);
        self.repeated.inc_by(repeated);
    }
}
