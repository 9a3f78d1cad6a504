//! Events that wait to be published together.

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;
use watchkeeper_domain::Event;
use watchkeeper_ports::{BatchBuilder, RecordBatch};
use watchkeeper_wire::event::push_event;

/// Most bytes that are pending before streams wait and datagrams are dropped. Streams may exceed it by what each has read
/// at once.
pub(super) const MAX_PENDING_BYTES: usize = 32 << 20;
/// Most events of a batch.
pub(super) const MAX_BATCH_EVENTS: usize = 4_096;
/// A batch is complete with so many bytes: one more event of any size is still within what every bus accepts.
const BATCH_BYTES: usize = 2 << 20;
/// How long an event waits for others.
pub(super) const LINGER: Duration = Duration::from_millis(20);

/// Events in order of arrival, as batches.
#[derive(Default)]
pub(super) struct Pending {
    batches: Mutex<Batches>,
    filled: Notify,
    completed: Notify,
    freed: Notify,
}

#[derive(Default)]
struct Batches {
    open: BatchBuilder,
    complete: VecDeque<RecordBatch>,
    complete_bytes: usize,
}

impl Batches {
    fn complete(&mut self) {
        let batch = std::mem::take(&mut self.open).finish();
        self.complete_bytes += batch.published_bytes();
        self.complete.push_back(batch);
    }
}

impl Pending {
    pub(super) fn push(&self, event: &Event) {
        let mut batches = self.batches.lock();
        push_event(&mut batches.open, event);
        if batches.open.len() >= MAX_BATCH_EVENTS || batches.open.published_bytes() >= BATCH_BYTES {
            batches.complete();
            self.completed.notify_one();
        }
        drop(batches);
        self.filled.notify_one();
    }

    /// Whether there is room for more.
    pub(super) fn has_room(&self) -> bool {
        let batches = self.batches.lock();
        batches.complete_bytes + batches.open.published_bytes() < MAX_PENDING_BYTES
    }

    /// Waits until there is room.
    pub(super) async fn room(&self) {
        loop {
            let mut freed = pin!(self.freed.notified());
            // From here on no notification is missed.
            freed.as_mut().enable();
            if self.has_room() {
                return;
            }
            freed.await;
        }
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        let batches = self.batches.lock();
        batches.open.len() + batches.complete.iter().map(RecordBatch::len).sum::<usize>()
    }

    /// Waits until a batch is complete, or the first event has waited for [`LINGER`]. For one caller.
    pub(super) async fn due(&self) {
        while self.len() == 0 {
            self.filled.notified().await;
        }
        if self.batches.lock().complete.is_empty() {
            let _ = timeout(LINGER, self.completed.notified()).await;
        }
    }

    /// The first events as a batch. It stays until it is removed.
    pub(super) fn front(&self) -> Option<RecordBatch> {
        let mut batches = self.batches.lock();
        if batches.complete.is_empty() && !batches.open.is_empty() {
            batches.complete();
        }
        batches.complete.front().cloned()
    }

    /// Removes the first batch.
    pub(super) fn remove_front(&self) {
        let mut batches = self.batches.lock();
        let removed = batches.complete.pop_front();
        batches.complete_bytes -= removed.map_or(0, |batch| batch.published_bytes());
        drop(batches);
        self.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;
    use watchkeeper_domain::event::Draft;
    use watchkeeper_domain::{EventId, Timestamp};

    fn event(bytes: usize) -> Event {
        Draft::of_line("x".repeat(bytes)).arrived(|| EventId::given("x"), Timestamp::MIN).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn events_are_due_together_after_a_moment_or_at_once_when_a_batch_is_complete() {
        let (pending, begun) = (Pending::default(), Instant::now());
        pending.push(&event(1));
        pending.push(&event(1));
        pending.due().await;
        assert_eq!((begun.elapsed(), pending.front().unwrap().len()), (LINGER, 2));
        pending.remove_front();
        assert_eq!((pending.len(), pending.front()), (0, None));

        let begun = Instant::now();
        (0..MAX_BATCH_EVENTS).for_each(|_| pending.push(&event(1)));
        pending.push(&event(1));
        pending.due().await;
        assert_eq!((begun.elapsed(), pending.front().unwrap().len()), (Duration::ZERO, MAX_BATCH_EVENTS));
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_room_up_to_the_limit_and_again_when_a_batch_is_published() {
        let (pending, large) = (Pending::default(), event(200 << 10));
        while pending.has_room() {
            pending.push(&large);
        }
        assert!(
            pending
                .batches
                .lock()
                .complete
                .iter()
                .all(|batch| batch.published_bytes() < BATCH_BYTES + (1 << 20))
        );
        assert!(timeout(LINGER, pending.room()).await.is_err());
        let free = async {
            pending.front().unwrap();
            pending.remove_front();
        };
        tokio::join!(pending.room(), free);
    }
}
