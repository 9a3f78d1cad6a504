//! One who listens.

use super::{Batch, LiveMetrics, Seat};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use watchkeeper_runtime::RoleContext;

/// One who listens, until it is dropped.
pub(crate) struct Listener<T, F> {
    seat: Seat<T>,
    matches: F,
    context: RoleContext,
    metrics: LiveMetrics,
    _place: OwnedSemaphorePermit,
}

/// What came in since the last time; one of the two is not empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard<T> {
    /// The items that match, in order of arrival for each key: that of their time, unless their producer gives no
    /// key and they lie on several partitions.
    pub(crate) items: Vec<T>,
    /// Items that came in before them and were missed, whether they match or not.
    pub(crate) missed: u64,
}

impl<T: Clone + Send + Sync + 'static, F: Fn(&T) -> bool + Send> Listener<T, F> {
    pub(super) fn new(
        seat: Seat<T>,
        matches: F,
        place: OwnedSemaphorePermit,
        context: RoleContext,
        metrics: LiveMetrics,
    ) -> Self {
        metrics.open.inc();
        Self { seat, matches, context, metrics, _place: place }
    }

    /// Everything that matches, as it comes in. Ends when the role is asked to stop.
    pub(crate) fn stream(self) -> impl Stream<Item = Heard<T>> + Send {
        unfold(self, |mut listener| async {
            let heard = listener.next().await?;
            Some((heard, listener))
        })
    }

    async fn next(&mut self) -> Option<Heard<T>> {
        loop {
            let received = tokio::select! {
                () = self.context.shutdown().cancelled() => return None,
                received = self.seat.batches.recv() => received,
            };
            let batch = match received {
                Ok(batch) => batch,
                // The next batch tells how many items were in those that are gone.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return None,
            };
            let heard = self.hear(&batch);
            if heard.missed > 0 || !heard.items.is_empty() {
                return Some(heard);
            }
        }
    }

    fn hear(&mut self, batch: &Batch<T>) -> Heard<T> {
        let missed = batch.before.saturating_sub(self.seat.heard);
        self.metrics.missed.inc_by(missed);
        self.seat.heard = batch.before + batch.items.len() as u64;
        let items = batch.items.iter().filter(|item| (self.matches)(item));
        Heard { items: items.cloned().collect(), missed }
    }
}

impl<T, F> Drop for Listener<T, F> {
    fn drop(&mut self) {
        self.metrics.open.dec();
    }
}
