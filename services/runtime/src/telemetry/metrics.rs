//! Metrics of the process itself.

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::{IntGauge, Opts, Registry};

/// Adds a metric to a registry, and gives it back to be counted with.
pub fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

/// A registry with what every process has: `watchkeeper_build_info` and the `process_*` metrics
/// (memory, CPU, file descriptors).
pub fn registry(version: &str) -> Result<Registry, prometheus::Error> {
    let registry = Registry::new();
    let opts = Opts::new("watchkeeper_build_info", "Always 1; the version is a label.");
    register(&registry, IntGauge::with_opts(opts.const_label("version", version))?)?.set(1);
    registry.register(Box::new(ProcessCollector::for_self()))?;
    Ok(registry)
}
