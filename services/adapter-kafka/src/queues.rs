//! The queues of fetched records, by partition of a topic.

use crate::bus::Engine;
use crate::client::ConsumerEvents;
use crate::error::{is_unreadable, passes, port_error, unavailable};
use crate::received::{Received, raw_offset};
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::Offset as KafkaOffset;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Weak};
use std::time::Duration;
use watchkeeper_ports::{Group, Offset, PortError, ReceivedBatch, Topic, TopicPartition};

/// One queue for each partition. librdkafka bounds their total size.
pub(crate) struct Queues {
    topic: Topic,
    /// The topic's name in Kafka.
    name: String,
    consumer: Arc<BaseConsumer<ConsumerEvents>>,
    /// Used to find the next readable record.
    bus: Weak<Engine>,
    /// The group of the consumer, if it is in one.
    group: Option<Group>,
    by_partition: BTreeMap<i32, Open>,
    /// The partition of the last batch: the next one is from another, if that has records.
    last: i32,
    /// The partition whose next records cannot be read.
    stuck: Option<i32>,
    /// An error that followed records which had to be delivered first.
    failure: Option<PortError>,
}

/// A partition with an open queue.
struct Open {
    queue: PartitionQueue<ConsumerEvents>,
    /// The offset at which it continues; `None` for the group's committed one.
    next: Option<Offset>,
}

/// Why a queue was not drained.
enum Obstacle {
    Unreadable,
    Failure(PortError),
}

impl Queues {
    /// The queues of a consumer of `topic`, which is `name` in Kafka.
    pub(crate) fn new(
        topic: Topic,
        name: String,
        group: Option<Group>,
        consumer: Arc<BaseConsumer<ConsumerEvents>>,
        bus: Weak<Engine>,
    ) -> Self {
        let by_partition = BTreeMap::new();
        Self { topic, name, consumer, bus, group, by_partition, last: 0, stuck: None, failure: None }
    }

    pub(crate) fn consumer(&self) -> &Arc<BaseConsumer<ConsumerEvents>> {
        &self.consumer
    }

    /// The topic's name in Kafka.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Opens the queue of a partition, from an offset on or from the group's committed one. Call it before
    /// the partition is assigned.
    pub(crate) fn open(&mut self, partition: i32, next: Option<Offset>) -> Result<(), PortError> {
        let queue = self.consumer.split_partition_queue(&self.name, partition);
        let mut queue =
            queue.ok_or_else(|| unavailable(format!("{}/{partition} has no queue", self.topic)))?;
        let news = Arc::clone(self.consumer.context().news());
        queue.set_nonempty_callback(move || news.notify_one());
        self.by_partition.insert(partition, Open { queue, next });
        Ok(())
    }

    pub(crate) fn close(&mut self, partition: i32) {
        self.by_partition.remove(&partition);
        self.stuck.take_if(|stuck| *stuck == partition);
    }

    /// Moves an open partition to `next`.
    pub(crate) fn moved(&mut self, partition: i32, next: Offset) {
        if let Some(open) = self.by_partition.get_mut(&partition) {
            open.next = Some(next);
        }
        self.stuck.take_if(|stuck| *stuck == partition);
    }

    pub(crate) fn is_open(&self, partition: i32) -> bool {
        self.by_partition.contains_key(&partition)
    }

    /// The partition with this number in Kafka.
    pub(crate) fn partition(&self, number: i32) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), number.unsigned_abs())
    }

    /// Waits for the next records. Cancel-safe: what is taken from a queue is returned at once.
    pub(crate) async fn next(&mut self, max_records: usize) -> Result<ReceivedBatch, PortError> {
        loop {
            if let Some(failure) = self.consumer.context().take_failure() {
                return Err(failure);
            }
            if let Some(batch) = self.take(max_records).await? {
                return Ok(batch);
            }
            self.consumer.context().news().notified().await;
        }
    }

    /// Takes the records of the partition whose turn it is. Waits only to find the next readable record.
    /// Cancel-safe.
    pub(crate) async fn take(&mut self, max_records: usize) -> Result<Option<ReceivedBatch>, PortError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(stuck) = self.stuck {
            return self.pass_unreadable(stuck).await;
        }
        let after = self.by_partition.range((Bound::Excluded(self.last), Bound::Unbounded));
        let numbers: Vec<i32> =
            after.chain(self.by_partition.range(..=self.last)).map(|(number, _)| *number).collect();
        for number in numbers {
            let Some(open) = self.by_partition.get_mut(&number) else { continue };
            let (received, obstacle) = drain(&open.queue, max_records);
            open.next = received.next().or(open.next);
            match obstacle {
                None => {}
                Some(Obstacle::Unreadable) => self.stuck = Some(number),
                Some(Obstacle::Failure(failure)) if received.is_empty() => return Err(failure),
                Some(Obstacle::Failure(failure)) => self.failure = Some(failure),
            }
            if !received.is_empty() {
                self.last = number;
                return Ok(Some(received.finish(self.partition(number), 0)));
            }
            if self.stuck.is_some() {
                return self.pass_unreadable(number).await;
            }
        }
        Ok(None)
    }

    /// Skips the next records of a partition, which cannot be read; returns a placeholder for them. The
    /// partition stays stuck until this returns, so that a dropped call is made again.
    async fn pass_unreadable(&mut self, number: i32) -> Result<Option<ReceivedBatch>, PortError> {
        let bus = self.bus.upgrade().ok_or_else(|| unavailable("the bus was closed"))?;
        let (partition, group) = (self.partition(number), self.group.clone());
        let (consumer, name) = (Arc::clone(&self.consumer), self.name.clone());
        let known = self.by_partition.get(&number).and_then(|open| open.next);
        let patience = bus.settings.options().timeout;
        let asked = bus.ask(move |questions| {
            let from = match (known, group) {
                (Some(next), _) => next,
                (None, Some(group)) => questions.committed(&partition, &group)?.unwrap_or(0),
                (None, None) => 0,
            };
            let batch = questions.unreadable(&partition, from)?;
            let next = batch.as_ref().map_or(from, |batch| batch.next);
            let sought = consumer.seek(&name, number, KafkaOffset::Offset(raw_offset(next)), patience);
            sought.map_err(|error| port_error(&error))?;
            Ok((batch, next))
        });
        let (batch, next) = asked.await?;
        self.moved(number, next);
        if batch.is_some() {
            self.last = number;
            bus.count_unreadable();
        }
        Ok(batch)
    }
}

/// Drains a queue; returns the records, and what stopped it before the end.
fn drain(queue: &PartitionQueue<ConsumerEvents>, max_records: usize) -> (Received, Option<Obstacle>) {
    let mut received = Received::up_to(max_records);
    while !received.is_full() {
        match queue.poll(Duration::ZERO) {
            None => break,
            Some(Ok(message)) => received.push(&message),
            Some(Err(error)) if passes(&error) => {}
            Some(Err(error)) if is_unreadable(&error) => return (received, Some(Obstacle::Unreadable)),
            Some(Err(error)) => return (received, Some(Obstacle::Failure(port_error(&error)))),
        }
    }
    (received, None)
}
