//! The outcome of a batch that was handed to librdkafka.

use rdkafka::error::KafkaError;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Notify, OwnedSemaphorePermit};

/// A batch in flight. It holds its share of memory until every record was acknowledged or has failed, even if
/// the caller no longer waits.
pub(crate) struct Delivery {
    under_way: AtomicUsize,
    first_failure: OnceLock<KafkaError>,
    arrived: Notify,
    _room: OwnedSemaphorePermit,
}

impl Delivery {
    pub(super) fn of(records: usize, room: OwnedSemaphorePermit) -> Self {
        Self {
            under_way: AtomicUsize::new(records),
            first_failure: OnceLock::new(),
            arrived: Notify::new(),
            _room: room,
        }
    }

    /// Settles this many records: acknowledged, or failed with the same error.
    pub(super) fn settle(&self, records: usize, outcome: Result<(), KafkaError>) {
        if let Err(error) = outcome {
            // The first error says why; those that follow from it do not.
            let _ = self.first_failure.set(error);
        }
        if self.under_way.fetch_sub(records, Ordering::AcqRel) == records {
            self.arrived.notify_one();
        }
    }

    /// Waits until nothing is in flight, and returns whether everything was acknowledged.
    pub(super) async fn outcome(&self) -> Result<(), KafkaError> {
        self.arrived.notified().await;
        self.first_failure.get().cloned().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::error::RDKafkaErrorCode;
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    fn delivery(records: usize, room: &Arc<Semaphore>) -> Delivery {
        Delivery::of(records, room.clone().try_acquire_owned().unwrap())
    }

    #[tokio::test]
    async fn a_batch_has_arrived_when_its_last_record_has() {
        let room = Arc::new(Semaphore::new(1));
        let delivery = delivery(3, &room);
        delivery.settle(2, Ok(()));
        tokio::select! {
            biased;
            _ = delivery.outcome() => panic!("a record is under way"),
            () = async {} => {}
        }
        delivery.settle(1, Ok(()));
        assert_eq!(delivery.outcome().await, Ok(()));
    }

    #[tokio::test]
    async fn the_first_failure_is_told_and_the_room_is_free_in_the_end() {
        let room = Arc::new(Semaphore::new(1));
        let delivery = delivery(2, &room);
        let first = KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut);
        delivery.settle(1, Err(first.clone()));
        delivery.settle(1, Err(KafkaError::Canceled));
        assert_eq!(delivery.outcome().await, Err(first));
        assert_eq!(room.available_permits(), 0);
        drop(delivery);
        assert_eq!(room.available_permits(), 1);
    }
}
