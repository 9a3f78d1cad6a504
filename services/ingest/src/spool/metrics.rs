//! What the spool counts.

use super::backlog::Backlog;
use prometheus::{Gauge, IntCounter, IntGauge, Registry};
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::telemetry::register;

pub(super) struct SpoolMetrics {
    pub(super) spooled: IntCounter,
    pub(super) forwarded: IntCounter,
    pub(super) rejected: IntCounter,
    records: IntGauge,
    oldest_seconds: Gauge,
}

impl SpoolMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name, help| register(registry, IntCounter::new(name, help)?);
        Ok(Self {
            spooled: counter(
                "watchkeeper_ingest_spooled_records_total",
                "Records written to the spool because the bus was away.",
            )?,
            forwarded: counter(
                "watchkeeper_ingest_spool_forwarded_records_total",
                "Records passed on from the spool to the bus.",
            )?,
            rejected: counter(
                "watchkeeper_ingest_spool_rejected_records_total",
                "Records of the spool that the bus takes on the dead-letter topic only.",
            )?,
            records: register(
                registry,
                IntGauge::new("watchkeeper_ingest_spool_records", "Records that wait in the spool.")?,
            )?,
            oldest_seconds: register(
                registry,
                Gauge::new(
                    "watchkeeper_ingest_spool_oldest_seconds",
                    "How long the first record in the spool has waited; 0 when there is none.",
                )?,
            )?,
        })
    }

    pub(super) fn show(&self, backlog: Backlog, now: Timestamp) {
        self.records.set(i64::try_from(backlog.records).unwrap_or(i64::MAX));
        self.oldest_seconds.set(backlog.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64()));
    }

    /// Records that waited when they were last shown.
    pub(super) fn waiting(&self) -> u64 {
        u64::try_from(self.records.get()).unwrap_or(0)
    }
}
