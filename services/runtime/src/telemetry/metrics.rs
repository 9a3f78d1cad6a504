//! Metrics of the process itself.

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::{IntGauge, Opts, PullingGauge, Registry};
use tokio::runtime::Handle;

/// Adds a metric to a registry, and returns it.
pub fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

/// A registry with the metrics of every process: `watchkeeper_build_info` and `process_*` (memory, CPU, file
/// descriptors, threads), and `watchkeeper_tasks` if called within tokio.
pub fn registry(version: &str) -> Result<Registry, prometheus::Error> {
    let registry = Registry::new();
    let opts = Opts::new("watchkeeper_build_info", "Always 1; the version is a label.");
    register(&registry, IntGauge::with_opts(opts.const_label("version", version))?)?.set(1);
    registry.register(Box::new(ProcessCollector::for_self()))?;
    if let Ok(tokio) = Handle::try_current() {
        let alive = move || {
            #[expect(clippy::cast_precision_loss, reason = "far fewer than a float counts exactly")]
            let tasks = tokio.metrics().num_alive_tasks() as f64;
            tasks
        };
        let help = "Running tokio tasks: loops, connections, streams.";
        registry.register(Box::new(PullingGauge::new("watchkeeper_tasks", help, Box::new(alive))?))?;
    }
    Ok(registry)
}
