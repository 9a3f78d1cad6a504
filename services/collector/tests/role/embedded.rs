//! The host's samples on the embedded back end.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedStore};
use watchkeeper_collector::{CollectorConfig, HostConfig, run};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{EventBus, ScheduleStore, Topic};
use watchkeeper_runtime::RoleContext;
use watchkeeper_wire::sample::SampleDecoder;

const PARTS: [&str; 11] = [
    "host/clock",
    "host/cpu",
    "host/disk",
    "host/io",
    "host/load",
    "host/memory",
    "host/network",
    "host/raid",
    "host/smart",
    "host/temperature",
    "host/units",
];

fn open(directory: &Path) -> (Arc<EmbeddedBus>, Arc<EmbeddedStore>) {
    let bus = EmbeddedBus::open(directory, &EmbeddedOptions::default()).unwrap();
    (Arc::new(bus), Arc::new(EmbeddedStore::open(directory).unwrap()))
}

#[tokio::test]
async fn samples_reach_the_bus_and_marks_the_store_and_both_are_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, store) = open(directory.path());
    let started = Timestamp::now();
    let mut tail = bus.tail(&Topic::METRICS).await.unwrap();
    let context = RoleContext::detached("collector");
    let config = CollectorConfig { host: Some(HostConfig::default()), ..CollectorConfig::default() };
    let role =
        tokio::spawn(run(context.clone(), Reloadable::new(config), bus.clone(), None, store.clone(), None));

    let (mut decoder, mut names) = (SampleDecoder::new(), BTreeSet::new());
    let complete = async {
        while !names.contains("cpu_usage") || !names.contains("memory_used") {
            for record in tail.next(100).await.unwrap().records.iter() {
                let sample = decoder.decode(record.value).unwrap();
                assert!(sample.collected_at >= started);
                names.insert(sample.series.name().to_owned());
            }
        }
    };
    timeout(Duration::from_secs(10), complete).await.expect("less than one interval");
    assert!(context.roster().is_ready());
    context.shutdown().cancel();
    role.await.unwrap().unwrap();
    drop((bus, store, tail));

    let (bus, store) = open(directory.path());
    assert!(bus.watermarks(&Topic::METRICS).await.unwrap()[0].high >= names.len() as u64);
    let marks = store.marks("collector").await.unwrap();
    assert_eq!(marks.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(PARTS));
    assert!(marks.values().all(|&begun| begun >= started));
}
