//! Metrics of the bus.

use crate::place::{fresh_prefix, numbered, options, records, soon};
use prometheus::Registry;
use std::time::Duration;
use watchkeeper_adapter_kafka::KafkaBus;
use watchkeeper_ports::{EventBus, Group, Topic};

fn counted(registry: &Registry, name: &str) -> f64 {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name).unwrap();
    family.get_metric()[0].get_counter().get_value()
}

#[tokio::test]
async fn what_is_sent_and_received_is_counted() {
    let mut options = options(&fresh_prefix());
    // The clients report statistics this often.
    options.timeout = Duration::from_secs(1);
    let (bus, registry) = (KafkaBus::new(&options).unwrap(), Registry::new());
    bus.register_metrics(&registry).unwrap();
    let mut member = bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
    for name in ["sent_bytes", "received_bytes", "rebalances"] {
        let name = format!("watchkeeper_kafka_{name}_total");
        soon(async {
            while counted(&registry, &name) == 0.0 {
                bus.publish(&Topic::METRICS, numbered(0..1)).await.unwrap();
                records(&mut *member).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn two_buses_in_one_registry_are_refused() {
    let registry = Registry::new();
    let buses = [(); 2].map(|()| KafkaBus::new(&options(&fresh_prefix())).unwrap());
    buses[0].register_metrics(&registry).unwrap();
    buses[1].register_metrics(&registry).unwrap_err();
}
