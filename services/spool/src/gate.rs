//! Routes batches to the bus or to the spool, and switches between the two.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Notify, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The route of batches of one topic: at first to the disk, because it may have records from an earlier run.
///
/// Batches go directly only if nobody writes to the disk and it is empty. So the switch to "directly" happens only
/// while the gate is closed, which keeps writers out; each writer holds the gate.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    is_direct: AtomicBool,
    writers: RwLock<()>,
    diverted: Notify,
}

/// Held while writing to the disk.
pub(crate) type Writing<'g> = RwLockReadGuard<'g, ()>;

/// Blocks writers until it is dropped.
#[derive(Debug)]
pub(crate) struct Closed<'g> {
    gate: &'g Gate,
    _nobody_writes: RwLockWriteGuard<'g, ()>,
}

impl Gate {
    /// Whether batches go to the bus directly.
    pub(crate) fn is_direct(&self) -> bool {
        self.is_direct.load(Ordering::SeqCst)
    }

    /// Admits a writer, unless batches go directly by then.
    pub(crate) async fn enter(&self) -> Option<Writing<'_>> {
        let writing = self.writers.read().await;
        (!self.is_direct()).then_some(writing)
    }

    /// Admits a writer whose batch the bus did not accept: from now on no batch goes directly.
    pub(crate) async fn divert(&self) -> Writing<'_> {
        let writing = self.writers.read().await;
        self.spool();
        self.diverted.notify_one();
        writing
    }

    /// From now on no batch goes directly.
    pub(crate) fn spool(&self) {
        self.is_direct.store(false, Ordering::SeqCst);
    }

    /// Waits until a batch is diverted, or was since the last call.
    pub(crate) async fn diverted(&self) {
        self.diverted.notified().await;
    }

    /// Waits until nobody writes, and admits nobody.
    pub(crate) async fn close(&self) -> Closed<'_> {
        Closed { gate: self, _nobody_writes: self.writers.write().await }
    }
}

impl Closed<'_> {
    /// Opens the gate and lets batches go directly. The disk must be empty.
    pub(crate) fn open_directly(self) {
        self.gate.is_direct.store(true, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::Poll;

    async fn is_waiting(work: impl Future) -> bool {
        let mut work = pin!(work);
        std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_pending())).await
    }

    #[tokio::test]
    async fn at_first_batches_go_to_the_disk() {
        let gate = Gate::default();
        assert!(!gate.is_direct());
        assert!(gate.enter().await.is_some());
    }

    #[tokio::test]
    async fn the_gate_closes_when_nobody_writes_and_keeps_writers_waiting() {
        let gate = Gate::default();
        let writing = gate.enter().await.unwrap();
        assert!(is_waiting(gate.close()).await);
        drop(writing);
        let closed = gate.close().await;
        assert!(is_waiting(gate.enter()).await);
        assert!(is_waiting(gate.divert()).await);
        closed.open_directly();
        assert!(gate.enter().await.is_none());
        assert!(gate.is_direct());
    }

    #[tokio::test]
    async fn a_gate_that_is_dropped_lets_writers_in_again() {
        let gate = Gate::default();
        drop(gate.close().await);
        assert!(gate.enter().await.is_some());
    }

    #[tokio::test]
    async fn a_batch_that_is_diverted_takes_the_others_with_it_and_wakes_who_forwards() {
        let gate = Gate::default();
        gate.close().await.open_directly();
        assert!(is_waiting(gate.diverted()).await);
        let _writing = gate.divert().await;
        gate.diverted().await;
        assert!(gate.enter().await.is_some());
    }
}
