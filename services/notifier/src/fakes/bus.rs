//! A bus whose clock is the test's, and which outlives restarts.

use async_trait::async_trait;
use std::sync::Mutex;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{
    EventBus, Extent, Group, Lag, Offset, PortError, ReceivedBatch, RecordBatch, Subscription, Tail, Topic,
    TopicId, TopicPartition,
};

/// One partition of one topic, read by its reader's own positions.
#[derive(Default)]
pub(crate) struct FakeBus(Mutex<Vec<(Timestamp, RecordBatch)>>);

pub(crate) fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

impl FakeBus {
    /// Appends one record at `now`.
    pub(crate) fn append(&self, now: Timestamp, record: RecordBatch) {
        assert_eq!(record.len(), 1);
        self.0.lock().unwrap().push((now, record));
    }
}

#[async_trait]
impl EventBus for FakeBus {
    async fn read(&self, _: &TopicPartition, from: Offset, max: usize) -> Result<ReceivedBatch, PortError> {
        let appended = self.0.lock().unwrap();
        let records: Vec<_> = appended.iter().skip(usize::try_from(from).unwrap()).take(max).collect();
        let next = from + records.len() as u64;
        Ok(ReceivedBatch {
            partition: partition(),
            records: records.iter().map(|(_, record)| record.get(0)).collect(),
            offsets: (from..next).collect(),
            next,
            appended_at: records.first().map_or(Timestamp::MIN, |(at, _)| *at),
        })
    }

    async fn extents(&self, _: &Topic) -> Result<Vec<Extent>, PortError> {
        let end = self.0.lock().unwrap().len() as u64;
        Ok(vec![Extent { partition: partition(), earliest: 0, end }])
    }

    async fn publish(&self, _: &Topic, _: RecordBatch) -> Result<(), PortError> {
        unreachable!("the test appends")
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

    async fn topic_id(&self, _: &Topic) -> Result<TopicId, PortError> {
        Ok(TopicId::new("metrics"))
    }

    async fn partitions(&self, _: &Topic, keys: &[&[u8]]) -> Result<Vec<TopicPartition>, PortError> {
        Ok(vec![partition(); keys.len()])
    }
}
