//! The host that runs the test.

use crate::fakes::{Bus, Schedule};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;
use watchkeeper_collector::{CollectorConfig, HostConfig, run};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Sample;
use watchkeeper_runtime::RoleContext;

/// What every host has. A disk and a network it may be without, inside a sandbox.
const EVERYWHERE: [&str; 12] = [
    "cpu_count",
    "cpu_usage",
    "load_average_15m",
    "load_average_1m",
    "load_average_5m",
    "memory_available",
    "memory_total",
    "memory_used",
    "load_per_cpu",
    "memory_used_percent",
    "open_files",
    "uptime",
];

fn names(samples: &[Sample]) -> BTreeSet<&str> {
    samples.iter().map(|sample| sample.series.name()).collect()
}

fn value(samples: &[Sample], name: &str) -> f64 {
    samples.iter().find(|sample| sample.series.name() == name).unwrap().value
}

#[tokio::test]
async fn the_first_collection_has_every_series_of_the_host() {
    let (context, bus, schedule) = (RoleContext::detached("collector"), Bus::default(), Schedule::default());
    let config = CollectorConfig { host: Some(HostConfig::default()), ..CollectorConfig::default() };
    let role =
        tokio::spawn(run(context.clone(), Reloadable::new(config), bus.port(), None, schedule.port(), None));
    let complete = bus.has(|samples| names(samples).is_superset(&BTreeSet::from(EVERYWHERE)));
    let samples = timeout(Duration::from_secs(10), complete).await.expect("less than one interval");

    for Sample { series, value, .. } in &samples {
        assert_eq!(series.source(), "host");
        assert!(series.label("host").is_some_and(|host| !host.is_empty()), "{series}");
        assert!(["bytes", "percent", "seconds", "°C", ""].contains(&series.unit()), "{series}");
        let is_signed = series.unit() == "°C" || series.name() == "clock_offset";
        assert!(*value >= 0.0 || is_signed, "{series}");
    }
    assert!(value(&samples, "cpu_usage") <= 100.0);
    assert!(value(&samples, "cpu_count") >= 1.0);
    assert!(value(&samples, "memory_used") <= value(&samples, "memory_total"));
    context.shutdown().cancel();
    role.await.unwrap().unwrap();
}
