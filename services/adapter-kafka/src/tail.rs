//! Follows a topic.

use crate::client::list;
use crate::error::port_error;
use crate::queues::Queues;
use crate::received::offset;
use async_trait::async_trait;
use rdkafka::consumer::Consumer;
use std::collections::BTreeMap;
use watchkeeper_ports::{PortError, ReceivedBatch, Tail};

/// Follows the partitions that a topic had when it began.
pub(crate) struct Follower {
    queues: Queues,
}

impl Follower {
    /// Follows each partition from its offset in `ends` on.
    pub(crate) fn begin(mut queues: Queues, ends: &BTreeMap<i32, i64>) -> Result<Self, PortError> {
        let partitions: Vec<i32> = ends.keys().copied().collect();
        for (partition, end) in ends {
            queues.open(*partition, Some(offset(*end)))?;
        }
        let assigned = list(queues.name(), &partitions, ends)
            .and_then(|assignment| queues.consumer().assign(&assignment));
        assigned.map_err(|error| port_error(&error))?;
        Ok(Self { queues })
    }
}

#[async_trait]
impl Tail for Follower {
    async fn next(&mut self, max_records: usize) -> Result<ReceivedBatch, PortError> {
        self.queues.next(max_records).await
    }
}
