//! Metrics of the process itself.

use prometheus::process_collector::ProcessCollector;
use prometheus::{IntGauge, Opts, Registry};

/// A registry with what every process has: `watchkeeper_build_info` and the `process_*` metrics
/// (memory, CPU, file descriptors).
pub fn registry(version: &str) -> Result<Registry, prometheus::Error> {
    let registry = Registry::new();
    let opts = Opts::new("watchkeeper_build_info", "Always 1; the version is a label.");
    let build_info = IntGauge::with_opts(opts.const_label("version", version))?;
    build_info.set(1);
    registry.register(Box::new(build_info))?;
    registry.register(Box::new(ProcessCollector::for_self()))?;
    Ok(registry)
}
