//! What the persister counts.

use prometheus::{Histogram, HistogramOpts, IntCounter, Registry};
use watchkeeper_ports::Appended;
use watchkeeper_runtime::telemetry::register;

/// What is counted of all kinds of records together.
#[derive(Clone)]
pub(crate) struct PersisterMetrics {
    pub(crate) copies: IntCounter,
    pub(crate) dead_letters: IntCounter,
    pub(crate) dead_letters_dropped: IntCounter,
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
            append_seconds: register(registry, append_seconds)?,
            store_errors: counter(
                "watchkeeper_persister_store_errors_total",
                "Transactions that failed because of the store, not because of a record; they are tried again.",
            )?,
        })
    }
}

/// What is counted of one kind of records.
pub(crate) struct StreamMetrics {
    stored: IntCounter,
    repeated: IntCounter,
    pub(crate) pruned: IntCounter,
}

impl StreamMetrics {
    /// Those of `items`: `samples`.
    pub(crate) fn register(registry: &Registry, items: &str) -> Result<Self, prometheus::Error> {
        let counter = |what: &str, help: String| {
            register(registry, IntCounter::new(format!("watchkeeper_persister_{items}_{what}_total"), help)?)
        };
        Ok(Self {
            stored: counter("stored", format!("How many {items} were stored."))?,
            repeated: counter("repeated", format!("How many {items} were left out, being stored already."))?,
            pruned: counter(
                "pruned",
                format!("How many {items} were removed, being older than the retention."),
            )?,
        })
    }

    /// Counts what an append did.
    pub(crate) fn count(&self, Appended { stored, repeated }: Appended) {
        self.stored.inc_by(stored);
        self.repeated.inc_by(repeated);
    }
}
