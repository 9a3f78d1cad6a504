//! The table of series.

use crate::fakes::{Bus, Schedule};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;
use watchkeeper_collector::{CollectorConfig, HostConfig, KNOWN_SERIES, KnownSeries, run};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Sample, Series};
use watchkeeper_runtime::RoleContext;

fn is_of(known: &KnownSeries, series: &Series) -> bool {
    (known.source, known.name, known.unit) == (series.source(), series.name(), series.unit())
        && series.labels().all(|(label, _)| known.labels.contains(&label))
}

#[tokio::test]
async fn every_series_of_this_host_is_in_the_table() {
    let (context, bus, schedule) = (RoleContext::detached("collector"), Bus::default(), Schedule::default());
    let config = CollectorConfig { host: Some(HostConfig::default()), ..CollectorConfig::default() };
    let role =
        tokio::spawn(run(context.clone(), Reloadable::new(config), bus.port(), None, schedule.port(), None));
    let parts = ["cpu_usage", "memory_total", "load_average_1m"];
    let complete = bus.has(|samples: &[Sample]| {
        parts.iter().all(|part| samples.iter().any(|sample| sample.series.name() == *part))
    });
    let samples = timeout(Duration::from_secs(10), complete).await.expect("less than one interval");
    for Sample { series, .. } in &samples {
        assert!(KNOWN_SERIES.iter().any(|known| is_of(known, series)), "{series} is missing in KNOWN_SERIES");
    }
    context.shutdown().cancel();
    role.await.unwrap().unwrap();
}

#[test]
fn a_series_is_in_the_table_once() {
    let names: BTreeSet<_> = KNOWN_SERIES.iter().map(|known| (known.source, known.name)).collect();
    assert_eq!(names.len(), KNOWN_SERIES.len());
}
