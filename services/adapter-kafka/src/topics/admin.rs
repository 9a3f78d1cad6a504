//! Creates topics and asks how they are configured. Every answer blocks.

use super::differences::{BY_BROKER, MAX_MESSAGE, RETENTION, TIMESTAMP};
use crate::error::{port_error, unavailable};
use crate::journal::Journal;
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

/// What stands for the brokers' own default.
const BY_DEFAULT: i32 = -1;

/// Needed once per topic and process, and therefore not kept.
pub(super) struct Admin {
    client: AdminClient<Journal>,
    patience: Duration,
}

impl Admin {
    pub(super) fn new(settings: &Settings) -> Result<Self, PortError> {
        let client = create(&settings.admin(), Journal::of("admin"))?;
        Ok(Self { client, patience: settings.options().timeout })
    }

    /// Creates the topic that Kafka calls `name`; if somebody else just has, that is as well.
    pub(super) fn create(&self, name: &str, declared: &TopicDeclaration) -> Result<(), PortError> {
        let replication = declared.replication.map_or(BY_DEFAULT, i32::from);
        let (retention, max_message) =
            (declared.retention.as_millis().to_string(), MAX_MESSAGE_BYTES.to_string());
        let topic = NewTopic::new(name, declared.partitions.into(), TopicReplication::Fixed(replication))
            .set(RETENTION, &retention)
            .set(MAX_MESSAGE, &max_message)
            .set(TIMESTAMP, BY_BROKER);
        let created = Handle::current().block_on(self.client.create_topics([&topic], &self.options()));
        match created.map_err(|error| port_error(&error))?.pop() {
            Some(Err((_, code))) if code != RDKafkaErrorCode::TopicAlreadyExists => {
                Err(port_error(&KafkaError::AdminOp(code)))
            }
            _ => Ok(()),
        }
    }

    /// Adds partitions to the topic that Kafka calls `name`, up to so many. Says whether this did it: if somebody else
    /// just has, that is as well.
    pub(super) fn add_partitions(&self, name: &str, partitions: usize) -> Result<bool, PortError> {
        let partitions = NewPartitions::new(name, partitions);
        let added = Handle::current().block_on(self.client.create_partitions([&partitions], &self.options()));
        match added.map_err(|error| port_error(&error))?.pop() {
            Some(Err((_, RDKafkaErrorCode::InvalidPartitions))) | None => Ok(false),
            Some(Err((_, code))) => Err(port_error(&KafkaError::AdminOp(code))),
            Some(Ok(_)) => Ok(true),
        }
    }

    /// How the topic that Kafka calls `name` is configured.
    pub(super) fn configuration(&self, name: &str) -> Result<BTreeMap<String, String>, PortError> {
        let topic = ResourceSpecifier::Topic(name);
        let described = Handle::current().block_on(self.client.describe_configs([&topic], &self.options()));
        let described = described.map_err(|error| port_error(&error))?.pop();
        let described = described.ok_or_else(|| unavailable(format!("nothing was said about {name}")))?;
        let entries = described.map_err(|code| port_error(&KafkaError::AdminOp(code)))?.entries;
        Ok(entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect())
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.patience)).operation_timeout(Some(self.patience))
    }
}
