//! Kafka.

use super::Bus;
use crate::backends::client::{Caller, Client};
use std::sync::Arc;
use watchkeeper_adapter_kafka::{KafkaBus, KafkaOptions};
use watchkeeper_config::Section;
use watchkeeper_ports::PortError;
use watchkeeper_runtime::host_name;

/// Maximum length of the host name in a client ID; Linux has no longer ones.
const MAX_HOST_BYTES: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::backends) struct Kafka(KafkaOptions);

impl Client for Kafka {
    type Opened = Bus;

    fn read(section: &mut Section<'_>) -> Self {
        Self(KafkaOptions::read(section))
    }

    fn check(&self, brokers: &str, process: &str) -> Result<(), PortError> {
        KafkaBus::check(&self.at(brokers, process))
    }

    fn place(&self, brokers: &str) -> Option<String> {
        Some(format!("Kafka at {}", brokers.replace(',', ", ")))
    }

    fn open(&self, brokers: &str, caller: Caller<'_>) -> anyhow::Result<Bus> {
        let kafka = KafkaBus::new(&self.at(brokers, caller.name))?;
        kafka.register_metrics(caller.registry)?;
        Ok(Arc::new(kafka))
    }
}

impl Kafka {
    fn at(&self, brokers: &str, process: &str) -> KafkaOptions {
        let client_id = client_id(process, &host_name());
        KafkaOptions { brokers: brokers.to_owned(), client_id, ..self.0.clone() }
    }
}

/// The `client.id` of a process. It stays the same over restarts, so that quotas keep applying.
fn client_id(process: &str, host: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let host: String = host.chars().map(|c| if is_plain(c) { c } else { '_' }).take(MAX_HOST_BYTES).collect();
    format!("watchkeeper-{process}-{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_called_after_its_process_and_its_host() {
        assert_eq!(client_id("persister", "web1.example.org"), "watchkeeper-persister-web1.example.org");
        assert_eq!(client_id("persister-9001", "web1"), "watchkeeper-persister-9001-web1");
        assert_eq!(client_id("up", "ж a"), "watchkeeper-up-__a");
        let longest = client_id("up", &"h".repeat(MAX_HOST_BYTES));
        assert_eq!(client_id("up", &"h".repeat(MAX_HOST_BYTES + 1)), longest);
    }
}
