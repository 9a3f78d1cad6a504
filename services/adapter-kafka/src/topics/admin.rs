//! Creates topics and reads their configuration. Every call blocks.

use super::differences::{BY_BROKER, MAX_MESSAGE, RETENTION, TIMESTAMP};
use crate::client_log::ClientLog;
use crate::error::{port_error, unavailable};
use crate::options::TopicDeclaration;
use crate::publish::limits::MAX_MESSAGE_BYTES;
use crate::settings::{Settings, create};
use rdkafka::admin::{
    AdminClient, AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::runtime::Handle;
use watchkeeper_ports::PortError;

/// Selects the brokers' default.
const BY_DEFAULT: i32 = -1;

/// An admin client. Needed once per topic and process, so it is not kept.
pub(super) struct Admin {
    client: AdminClient<ClientLog>,
    patience: Duration,
}

impl Admin {
    pub(super) fn new(settings: &Settings) -> Result<Self, PortError> {
        let client = create(&settings.admin(), ClientLog::of("admin"))?;
        Ok(Self { client, patience: settings.options().timeout })
    }

    /// Creates the topic with this name in Kafka. Returns whether this call did it: succeeds also if somebody else just has.
    pub(super) fn create(&self, name: &str, declared: &TopicDeclaration) -> Result<bool, PortError> {
        let replication = declared.replication.map_or(BY_DEFAULT, i32::from);
        let (retention, max_message) =
            (declared.retention.as_millis().to_string(), MAX_MESSAGE_BYTES.to_string());
        let topic = NewTopic::new(name, declared.partitions.into(), TopicReplication::Fixed(replication))
            .set(RETENTION, &retention)
            .set(MAX_MESSAGE, &max_message)
            .set(TIMESTAMP, BY_BROKER);
        let created = Handle::current().block_on(self.client.create_topics([&topic], &self.options()));
        match created.map_err(|error| port_error(&error))?.pop() {
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) | None => Ok(false),
            Some(Err((_, code))) => Err(port_error(&KafkaError::AdminOp(code))),
            Some(Ok(_)) => Ok(true),
        }
    }

    /// Adds partitions to the topic with this name in Kafka, up to this many. Returns whether this call did
    /// it: succeeds also if somebody else just has.
    pub(super) fn add_partitions(&self, name: &str, partitions: usize) -> Result<bool, PortError> {
        let partitions = NewPartitions::new(name, partitions);
        let added = Handle::current().block_on(self.client.create_partitions([&partitions], &self.options()));
        match added.map_err(|error| port_error(&error))?.pop() {
            Some(Err((_, RDKafkaErrorCode::InvalidPartitions))) | None => Ok(false),
            Some(Err((_, code))) => Err(port_error(&KafkaError::AdminOp(code))),
            Some(Ok(_)) => Ok(true),
        }
    }

    /// The configuration of the topic with this name in Kafka.
    pub(super) fn configuration(&self, name: &str) -> Result<BTreeMap<String, String>, PortError> {
        let topic = ResourceSpecifier::Topic(name);
        let described = Handle::current().block_on(self.client.describe_configs([&topic], &self.options()));
        let described = described.map_err(|error| port_error(&error))?.pop();
        let described =
            described.ok_or_else(|| unavailable(format!("the brokers did not describe {name}")))?;
        let entries = described.map_err(|code| port_error(&KafkaError::AdminOp(code)))?.entries;
        Ok(entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect())
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.patience)).operation_timeout(Some(self.patience))
    }
}
