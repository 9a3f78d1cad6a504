//! A group member for tests.

use crate::soon;
use std::collections::BTreeSet;
use watchkeeper_ports::{
    Delivery, EventBus, Group, Position, ReceivedBatch, Subscription, Topic, TopicPartition,
};

/// A member, and its assigned partitions.
pub(super) struct Member {
    pub(super) subscription: Box<dyn Subscription>,
    pub(super) assigned: BTreeSet<TopicPartition>,
}

impl Member {
    pub(super) async fn join(bus: &dyn EventBus, topic: &Topic, group: &Group) -> Self {
        Self { subscription: bus.subscribe(topic, group).await.unwrap(), assigned: BTreeSet::new() }
    }

    pub(super) async fn records(&mut self, max_records: usize) -> ReceivedBatch {
        loop {
            match soon(self.subscription.next(max_records)).await.unwrap() {
                Delivery::Assigned(partitions) => self.assigned.extend(partitions),
                Delivery::Revoked(partitions) => self.assigned.retain(|held| !partitions.contains(held)),
                Delivery::Records(batch) => {
                    assert!(self.assigned.contains(&batch.partition), "{} was not assigned", batch.partition);
                    assert_eq!(batch.offsets.len(), batch.records.len());
                    assert!(
                        batch.offsets.is_sorted_by(|a, b| a < b)
                            && batch.offsets.iter().all(|at| *at < batch.next)
                    );
                    assert!(!batch.records.is_empty());
                    return batch;
                }
            }
        }
    }

    /// Batches with this many records in all.
    pub(super) async fn batches(&mut self, records: usize) -> Vec<ReceivedBatch> {
        let (mut batches, mut received) = (Vec::new(), 0);
        while received < records {
            let batch = self.records(1_000).await;
            received += batch.records.len();
            batches.push(batch);
        }
        assert_eq!(received, records, "no more than there are");
        batches
    }

    /// The values of this many records, in order of delivery.
    pub(super) async fn values(&mut self, records: usize) -> Vec<u64> {
        values(&self.batches(records).await)
    }

    pub(super) async fn commit(&mut self, batches: &[ReceivedBatch]) {
        self.subscription.commit(&positions(batches)).await.unwrap();
    }
}

/// The numbers in the records.
pub(super) fn values(batches: &[ReceivedBatch]) -> Vec<u64> {
    let records = batches.iter().flat_map(|batch| batch.records.iter());
    records.map(|record| str::from_utf8(record.value).unwrap().parse().unwrap()).collect()
}

/// The positions after these batches, by partition.
pub(super) fn positions(batches: &[ReceivedBatch]) -> Vec<Position> {
    let mut positions: Vec<Position> = Vec::new();
    for batch in batches {
        positions.retain(|position| position.partition != batch.partition);
        positions.push(Position { partition: batch.partition.clone(), next: batch.next });
    }
    positions
}

pub(super) fn sorted(mut numbers: Vec<u64>) -> Vec<u64> {
    numbers.sort_unstable();
    numbers
}
