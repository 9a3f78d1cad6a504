//! The queue from the targets to the publisher.

use parking_lot::Mutex;
use std::collections::VecDeque;
use tokio::sync::{Mutex as Turns, MutexGuard, Notify};
use watchkeeper_domain::Sample;
use watchkeeper_ports::{BatchBuilder, RecordBatch};
use watchkeeper_wire::sample::push_sample;

/// Most samples of one batch. A longer collection is published in several. With this many in the queue, targets wait
/// before they add theirs.
pub const MAX_BATCH_SAMPLES: usize = 5_000;

/// Samples in order, from any number of targets to one publisher.
#[derive(Default)]
pub(crate) struct Queue {
    samples: Mutex<VecDeque<Sample>>,
    filled: Notify,
    removed: Notify,
    /// Held by the one target that waits for capacity; the others wait behind it.
    turns: Turns<()>,
}

impl Queue {
    /// Waits until there is capacity for a collection of any size. No other target gets it while the guard is held:
    /// add the collection before dropping it.
    pub(crate) async fn room(&self) -> MutexGuard<'_, ()> {
        let turn = self.turns.lock().await;
        while self.len() >= MAX_BATCH_SAMPLES {
            self.removed.notified().await;
        }
        turn
    }

    /// Adds a collection.
    pub(crate) fn push(&self, collection: Vec<Sample>) {
        self.samples.lock().extend(collection);
        self.filled.notify_one();
    }

    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        self.samples.lock().len()
    }

    /// Waits until there are samples. Cancel-safe; one caller at a time.
    pub(crate) async fn filled(&self) {
        while self.len() == 0 {
            self.filled.notified().await;
        }
    }

    /// The oldest samples as records of topic `metrics`, as many as fit in one batch. They stay in the queue until
    /// they are removed.
    pub(crate) fn front(&self) -> RecordBatch {
        let samples: Vec<_> = self.samples.lock().iter().take(MAX_BATCH_SAMPLES).cloned().collect();
        let mut batch = BatchBuilder::default();
        for sample in &samples {
            push_sample(&mut batch, sample);
        }
        batch.finish()
    }

    /// Removes the oldest samples.
    pub(crate) fn remove(&self, samples: usize) {
        self.samples.lock().drain(..samples);
        self.removed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Poll;
    use watchkeeper_domain::{Series, Timestamp};

    fn collection(samples: usize) -> Vec<Sample> {
        let series = Arc::new(Series::new("test", "n", "", &[]).unwrap());
        vec![Sample::new(series, Timestamp::MIN, 1.0); samples]
    }

    async fn is_waiting(work: &mut (impl Future + Unpin)) -> bool {
        std::future::poll_fn(|context| Poll::Ready(pin!(&mut *work).poll(context).is_pending())).await
    }

    #[test]
    fn a_collection_longer_than_a_batch_is_published_in_several() {
        let queue = Queue::default();
        queue.push(collection(MAX_BATCH_SAMPLES));
        queue.push(collection(1));
        assert_eq!(queue.front().len(), MAX_BATCH_SAMPLES);
        queue.remove(MAX_BATCH_SAMPLES);
        assert_eq!(queue.front().len(), 1);
    }

    #[tokio::test]
    async fn targets_wait_one_after_the_other_while_a_batch_or_more_is_in_the_queue() {
        let queue = Queue::default();
        queue.push(collection(MAX_BATCH_SAMPLES - 1));
        drop(queue.room().await);
        queue.push(collection(2));
        let (mut one, mut other) = (Box::pin(queue.room()), Box::pin(queue.room()));
        assert!(is_waiting(&mut one).await && is_waiting(&mut other).await);
        queue.remove(1);
        assert!(is_waiting(&mut one).await, "a batch is in the queue");
        queue.remove(1);
        assert!(is_waiting(&mut other).await, "it is the turn of the first");
        drop(one.await);
        drop(other.await);
    }

    #[tokio::test]
    async fn room_is_for_one_collection_at_a_time() {
        let queue = Queue::default();
        let room = queue.room().await;
        let mut other = Box::pin(queue.room());
        assert!(is_waiting(&mut other).await, "the first has not added its collection yet");
        queue.push(collection(MAX_BATCH_SAMPLES));
        drop(room);
        assert!(is_waiting(&mut other).await, "the queue is full");
        queue.remove(1);
        drop(other.await);
    }
}
