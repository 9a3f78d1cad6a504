//! Committed offsets of groups.

use crate::client_log::ClientLog;
use crate::error::port_error;
use parking_lot::Mutex;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::Offset as KafkaOffset;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_ports::{Offset, PortError};

/// Most groups whose client is kept. Roles ask every few seconds, each for its own group only.
const MAX_KEPT: usize = 16;

/// A client for each queried group, because a librdkafka client can only ask for its own group. It does not
/// join it.
#[derive(Default)]
pub(super) struct Groups {
    kept: Mutex<HashMap<String, Arc<BaseConsumer<ClientLog>>>>,
}

impl Groups {
    /// The offsets that `group` has committed in the first partitions of a topic, by partition.
    pub(super) fn committed(
        &self,
        group: &str,
        topic: &str,
        partitions: usize,
        patience: Duration,
        create: impl FnOnce(&str) -> Result<BaseConsumer<ClientLog>, PortError>,
    ) -> Result<BTreeMap<u32, Offset>, PortError> {
        let client = self.client(group, create)?;
        // Events of the meantime wait until it is polled.
        while client.poll(Duration::ZERO).is_some() {}
        let mut list = TopicPartitionList::with_capacity(partitions);
        for number in (0..).take(partitions) {
            list.add_partition(topic, number);
        }
        let committed = client.committed_offsets(list, patience).map_err(|error| port_error(&error))?;
        let mut offsets = BTreeMap::new();
        for element in committed.elements() {
            element.error().map_err(|error| port_error(&error))?;
            if let KafkaOffset::Offset(offset) = element.offset() {
                offsets.insert(element.partition().unsigned_abs(), crate::received::offset(offset));
            }
        }
        Ok(offsets)
    }

    fn client(
        &self,
        group: &str,
        create: impl FnOnce(&str) -> Result<BaseConsumer<ClientLog>, PortError>,
    ) -> Result<Arc<BaseConsumer<ClientLog>>, PortError> {
        let mut kept = self.kept.lock();
        if let Some(client) = kept.get(group) {
            return Ok(Arc::clone(client));
        }
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        let client = Arc::new(create(group)?);
        kept.insert(group.to_owned(), Arc::clone(&client));
        Ok(client)
    }
}
