//! What the spool counts, under the name of its role.

use crate::topic_spool::Backlog;
use prometheus::{Gauge, IntCounter, IntGauge};
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::telemetry::register;

pub(crate) struct SpoolMetrics {
    pub(crate) spooled: IntCounter,
    pub(crate) forwarded: IntCounter,
    pub(crate) rejected: IntCounter,
    records: IntGauge,
    oldest_seconds: Gauge,
}

impl SpoolMetrics {
    pub(crate) fn register(context: &RoleContext) -> Result<Self, prometheus::Error> {
        let registry = context.registry();
        let name = |rest| format!("watchkeeper_{}_{rest}", context.role());
        let counter = |rest, help| register(registry, IntCounter::new(name(rest), help)?);
        Ok(Self {
            spooled: counter(
                "spooled_records_total",
                "Records written to the spool because the bus was away.",
            )?,
            forwarded: counter(
                "spool_forwarded_records_total",
                "Records passed on from the spool to the bus.",
            )?,
            rejected: counter(
                "spool_rejected_records_total",
                "Records of the spool that the bus takes on the dead-letter topic only.",
            )?,
            records: register(
                registry,
                IntGauge::new(name("spool_records"), "Records that wait in the spool.")?,
            )?,
            oldest_seconds: register(
                registry,
                Gauge::new(
                    name("spool_oldest_seconds"),
                    "How long the first record in the spool has waited; 0 when there is none.",
                )?,
            )?,
        })
    }

    pub(crate) fn show(&self, backlog: Backlog, now: Timestamp) {
        self.records.set(i64::try_from(backlog.records).unwrap_or(i64::MAX));
        self.oldest_seconds.set(backlog.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64()));
    }

    /// Records that waited when they were last shown.
    pub(crate) fn waiting(&self) -> u64 {
        u64::try_from(self.records.get()).unwrap_or(0)
    }
}
