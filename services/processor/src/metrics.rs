//! Metrics of the processor.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use watchkeeper_runtime::telemetry::register;

/// What became of events beside being stored.
#[derive(Clone)]
pub(crate) struct ProcessorMetrics {
    pub(crate) failed_steps: IntCounterVec,
    pub(crate) not_stored: IntCounter,
    pub(crate) routed: IntCounter,
    pub(crate) deferred: IntCounter,
    pub(crate) deferring: IntGauge,
    pub(crate) counts_published: IntCounter,
}

impl ProcessorMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let name = |of: &str| format!("watchkeeper_processor_{of}");
        let counter = |of, help| register(registry, IntCounter::new(name(of), help)?);
        let failed_steps = Opts::new(
            name("failed_steps_total"),
            "Steps of pipelines that failed for an event, which was stored as it was before the step.",
        );
        let deferring = IntGauge::new(
            name("deferring"),
            "1 while events below `defer_below` are deferred because of the lag, else 0.",
        )?;
        Ok(Self {
            failed_steps: register(registry, IntCounterVec::new(failed_steps, &["step"])?)?,
            not_stored: counter("events_not_stored_total", "Events that a pipeline dropped or sampled out.")?,
            routed: counter("events_routed_total", "Events that a pipeline published to another topic.")?,
            deferred: counter(
                "events_deferred_total",
                "Events published to events.deferred to be stored later.",
            )?,
            deferring: register(registry, deferring)?,
            counts_published: counter("counts_published_total", "Samples with the events of one minute.")?,
        })
    }
}
