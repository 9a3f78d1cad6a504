//! A bus with the test's clock that survives restarts.

use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Mutex;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{
    BatchBuilder, EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch,
    Subscription, Tail, Topic, TopicId, TopicPartition, Watermarks,
};

/// Topics read by position.
pub(crate) struct FakeBus {
    partitions: u32,
    logs: Mutex<Logs>,
}

#[derive(Default)]
struct Logs {
    records: HashMap<TopicPartition, Vec<(Timestamp, RecordBatch)>>,
    /// How often each topic was recreated.
    generations: HashMap<Topic, usize>,
    is_away: bool,
    is_unreadable: bool,
}

pub(crate) fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

/// With one partition.
impl Default for FakeBus {
    fn default() -> Self {
        Self::with_partitions(1)
    }
}

impl FakeBus {
    pub(crate) fn with_partitions(partitions: u32) -> Self {
        Self { partitions, logs: Mutex::default() }
    }

    /// Appends one record to the first partition of topic `metrics` at `now`.
    pub(crate) fn append(&self, now: Timestamp, record: RecordBatch) {
        self.append_to(&partition(), now, record);
    }

    /// The same, to any partition.
    pub(crate) fn append_to(&self, partition: &TopicPartition, now: Timestamp, record: RecordBatch) {
        assert_eq!(record.len(), 1);
        self.logs.lock().unwrap().records.entry(partition.clone()).or_default().push((now, record));
    }

    /// The number of records in the partition.
    pub(crate) fn len(&self, partition: &TopicPartition) -> usize {
        self.logs.lock().unwrap().records.get(partition).map_or(0, Vec::len)
    }

    /// Deletes a topic and recreates it.
    pub(crate) fn create_anew(&self, topic: &Topic) {
        let mut logs = self.logs.lock().unwrap();
        logs.records.retain(|partition, _| partition.topic != *topic);
        *logs.generations.entry(topic.clone()).or_default() += 1;
    }

    /// Whether publishing fails.
    pub(crate) fn is_away(&self, is_away: bool) {
        self.logs.lock().unwrap().is_away = is_away;
    }

    /// Whether repartition topics can be read.
    pub(crate) fn is_unreadable(&self, is_unreadable: bool) {
        self.logs.lock().unwrap().is_unreadable = is_unreadable;
    }
}

/// Not a hash: a test can see the partition of a key, by its last digit.
fn last_digit(key: &[u8], partitions: u32) -> u32 {
    key.iter()
        .rev()
        .find(|byte| byte.is_ascii_digit())
        .map_or(0, |digit| u32::from(digit - b'0') % partitions)
}

#[async_trait]
impl EventBus for FakeBus {
    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max: usize,
    ) -> Result<ReceivedBatch, PortError> {
        let logs = self.logs.lock().unwrap();
        let appended = logs.records.get(partition).map_or(&[][..], Vec::as_slice);
        let records: Vec<_> = appended.iter().skip(usize::try_from(from).unwrap()).take(max).collect();
        let next = from + records.len() as u64;
        Ok(ReceivedBatch {
            partition: partition.clone(),
            records: records.iter().map(|(_, record)| record.get(0)).collect(),
            offsets: (from..next).collect(),
            next,
            appended: records.iter().map(|(at, _)| *at).collect(),
        })
    }

    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        if self.logs.lock().unwrap().is_unreadable && topic.repartitioned().is_some() {
            return Err(PortError::Broken { what: "bus", reason: "it may not be read".into() });
        }
        let marks = |number| {
            let partition = TopicPartition::new(topic.clone(), number);
            Watermarks { low: 0, high: self.len(&partition) as u64, partition }
        };
        Ok((0..self.partitions).map(marks).collect())
    }

    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        if self.logs.lock().unwrap().is_away {
            return Err(PortError::Unavailable { what: "bus", reason: "away".into() });
        }
        let placement = self.placement(topic).await?;
        for record in batch.iter() {
            let mut one = BatchBuilder::default();
            one.push_record(record);
            self.append_to(&placement.partition(record.key), Timestamp::MIN, one.finish());
        }
        Ok(())
    }

    async fn subscribe(&self, _: &Topic, _: &Group) -> Result<Box<dyn Subscription>, PortError> {
        unreachable!("the test goes step by step")
    }

    async fn tail(&self, _: &Topic) -> Result<Box<dyn Tail>, PortError> {
        unreachable!("nobody follows")
    }

    async fn lag(&self, _: &Topic, _: &Group) -> Result<Vec<Lag>, PortError> {
        unreachable!("nobody asks")
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        unreachable!("nobody asks")
    }

    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        let generation = self.logs.lock().unwrap().generations.get(topic).copied().unwrap_or_default();
        Ok(TopicId::new(format!("{topic}{}", "'".repeat(generation))))
    }

    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError> {
        Ok(Placement::new(topic.clone(), self.partitions, last_digit))
    }
}
