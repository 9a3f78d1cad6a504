//! The records that were fetched of some partitions of a topic.

use crate::client::Inbox;
use crate::error::{passes, port_error, unavailable};
use crate::received::Received;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_ports::{PortError, ReceivedBatch, Topic, TopicPartition};

/// One queue for each partition. librdkafka bounds what waits in them all.
pub(crate) struct Queues {
    topic: Topic,
    /// What Kafka calls the topic.
    name: String,
    consumer: Arc<BaseConsumer<Inbox>>,
    by_partition: BTreeMap<i32, PartitionQueue<Inbox>>,
    /// The partition of the last batch: the next one is of another if that has any.
    last: i32,
    /// What went wrong while records were taken that had to be given first.
    failure: Option<PortError>,
}

impl Queues {
    pub(crate) fn new(topic: Topic, name: String, consumer: Arc<BaseConsumer<Inbox>>) -> Self {
        Self { topic, name, consumer, by_partition: BTreeMap::new(), last: 0, failure: None }
    }

    pub(crate) fn consumer(&self) -> &Arc<BaseConsumer<Inbox>> {
        &self.consumer
    }

    /// What Kafka calls the topic.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Has the records of a partition come here. To be called before the partition is assigned.
    pub(crate) fn open(&mut self, partition: i32) -> Result<(), PortError> {
        let queue = self.consumer.split_partition_queue(&self.name, partition);
        let mut queue =
            queue.ok_or_else(|| unavailable(format!("{}/{partition} has no queue", self.topic)))?;
        let news = Arc::clone(self.consumer.context().news());
        queue.set_nonempty_callback(move || news.notify_one());
        self.by_partition.insert(partition, queue);
        Ok(())
    }

    pub(crate) fn close(&mut self, partition: i32) {
        self.by_partition.remove(&partition);
    }

    pub(crate) fn is_open(&self, partition: i32) -> bool {
        self.by_partition.contains_key(&partition)
    }

    /// The partition of that number in Kafka, as the port has it.
    pub(crate) fn partition(&self, number: i32) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), number.unsigned_abs())
    }

    /// Waits for the next records. Cancel-safe: what is taken from a queue is given at once.
    pub(crate) async fn next(&mut self, max_records: usize) -> Result<ReceivedBatch, PortError> {
        loop {
            if let Some(failure) = self.consumer.context().take_failure() {
                return Err(failure);
            }
            if let Some(batch) = self.take(max_records)? {
                return Ok(batch);
            }
            self.consumer.context().news().notified().await;
        }
    }

    /// What there is of the partition whose turn it is.
    pub(crate) fn take(&mut self, max_records: usize) -> Result<Option<ReceivedBatch>, PortError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let after = self.by_partition.range((Bound::Excluded(self.last), Bound::Unbounded));
        for (number, queue) in after.chain(self.by_partition.range(..=self.last)) {
            let (received, failure) = drain(queue, max_records);
            if received.is_empty() {
                if let Some(failure) = failure {
                    return Err(failure);
                }
                continue;
            }
            self.failure = failure;
            self.last = *number;
            return Ok(Some(received.finish(self.partition(self.last), 0)));
        }
        Ok(None)
    }
}

/// Takes what waits in a queue, and what stopped that before it was empty.
fn drain(queue: &PartitionQueue<Inbox>, max_records: usize) -> (Received, Option<PortError>) {
    let mut received = Received::up_to(max_records);
    while !received.is_full() {
        match queue.poll(Duration::ZERO) {
            None => break,
            Some(Ok(message)) => received.push(&message),
            Some(Err(error)) if passes(&error) => {}
            Some(Err(error)) => return (received, Some(port_error(&error))),
        }
    }
    (received, None)
}
