//! Metrics of the spool, under the name of its role.

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
                "Records written to the spool because the bus was unavailable.",
            )?,
            forwarded: counter(
                "spool_forwarded_records_total",
                "Records forwarded from the spool to the bus.",
            )?,
            rejected: counter(
                "spool_rejected_records_total",
                "Spooled records that the bus rejected and that went to the dead-letter topic.",
            )?,
            records: register(
                registry,
                IntGauge::new(name("spool_records"), "Records in the spool that are not forwarded yet.")?,
            )?,
            oldest_seconds: register(
                registry,
                Gauge::new(
                    name("spool_oldest_seconds"),
                    "Age of the oldest record in the spool; 0 when it is empty.",
                )?,
            )?,
        })
    }

    pub(crate) fn show(&self, backlog: Backlog, now: Timestamp) {
        self.records.set(i64::try_from(backlog.records).unwrap_or(i64::MAX));
        self.oldest_seconds.set(backlog.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64()));
    }

    /// Spooled records, as last reported.
    pub(crate) fn waiting(&self) -> u64 {
        u64::try_from(self.records.get()).unwrap_or(0)
    }
}
