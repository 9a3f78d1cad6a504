//! Metrics of the process itself.

use prometheus::core::{Collector, Desc};
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, Opts, PullingGauge, Registry};
use tokio::runtime::Handle;
use watchkeeper_domain::Timestamp;

const START_TIME: &str = "process_start_time_seconds";

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
pub fn registry(version: &str, commit: &str) -> Result<Registry, prometheus::Error> {
    let registry = Registry::new();
    let opts = Opts::new("watchkeeper_build_info", "Always 1; version and commit are labels.")
        .const_label("version", version)
        .const_label("commit", commit);
    register(&registry, IntGauge::with_opts(opts)?)?.set(1);
    registry.register(Box::new(Process(ProcessCollector::for_self())))?;
    let help = "Start time of the process since unix epoch in seconds.";
    register(&registry, IntGauge::new(START_TIME, help)?)?.set(Timestamp::now().as_micros() / 1_000_000);
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

/// The metrics of the process without its start time: the library reads when the host started from `/proc/stat`, which
/// the sandbox of the units hides (`ProcSubset=pid`), and then exports 0.
struct Process(ProcessCollector);

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc().into_iter().filter(|desc| desc.fq_name != START_TIME).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.0.collect().into_iter().filter(|family| family.name() != START_TIME).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_time_of_the_process_is_right_wherever_it_runs_and_there_once() {
        let before = u32::try_from(Timestamp::now().as_micros() / 1_000_000).unwrap();
        let families = registry("0.0.0", "0123456789ab").unwrap().gather();
        let named = |name: &str| families.iter().filter(|family| family.name() == name).collect::<Vec<_>>();
        let [start] = named(START_TIME)[..] else { panic!("{families:?}") };
        assert!(start.get_metric()[0].get_gauge().get_value() >= f64::from(before));
        assert_eq!(named("process_resident_memory_bytes").len(), 1);
    }
}
