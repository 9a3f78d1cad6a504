//! Metrics of the journal.

use prometheus::{IntCounter, Registry};
use watchkeeper_runtime::telemetry::register;

#[derive(Clone)]
pub(super) struct JournalMetrics {
    /// Published on the bus or the spool.
    pub(super) published: IntCounter,
    /// Rejected by the bus.
    pub(super) dropped: IntCounter,
    /// Removed from the journal before they were read.
    pub(super) missed: IntCounter,
    /// Ends of `journalctl`.
    pub(super) restarts: IntCounter,
}

impl JournalMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| {
            register(registry, IntCounter::new(format!("watchkeeper_collector_journal_{name}_total"), help)?)
        };
        Ok(Self {
            published: counter("events", "Events of the journal accepted by the bus or the spool.")?,
            dropped: counter(
                "events_dropped",
                "Events of the journal dropped because the bus rejected them.",
            )?,
            missed: counter("missed", "Entries that were removed from the journal before they were read.")?,
            restarts: counter("restarts", "Times that journalctl ended and was started again.")?,
        })
    }
}
