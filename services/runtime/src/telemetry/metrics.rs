//! Metrics of the process itself.

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::{IntGauge, Opts, PullingGauge, Registry};
use tokio::runtime::Handle;

/// Adds a metric to a registry, and gives it back to be counted with.
pub fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

/// A registry with what every process has: `watchkeeper_build_info` and the `process_*` metrics
/// (memory, CPU, file descriptors, threads), and `watchkeeper_tasks` if it is asked for within tokio.
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
        let help = "Tasks of tokio that have begun and not ended: loops, connections, streams.";
        registry.register(Box::new(PullingGauge::new("watchkeeper_tasks", help, Box::new(alive))?))?;
    }
    Ok(registry)
}
