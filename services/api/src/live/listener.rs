//! A listener of the feed.

use super::{Batch, LiveMetrics, Subscription};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use watchkeeper_runtime::RoleContext;

/// A listener; dropping it ends the subscription.
pub(crate) struct Listener<T, F> {
    subscription: Subscription<T>,
    matches: F,
    context: RoleContext,
    metrics: LiveMetrics,
    _permit: OwnedSemaphorePermit,
}

/// What arrived since the last time; one of the two is not empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard<T> {
    /// Matching items, in order of arrival per key. That is time order, unless their producer sets no key and they are
    /// spread over several partitions.
    pub(crate) items: Vec<T>,
    /// Number of items missed before them, matching or not.
    pub(crate) missed: u64,
}

impl<T: Clone + Send + Sync + 'static, F: Fn(&T) -> bool + Send> Listener<T, F> {
    pub(super) fn new(
        subscription: Subscription<T>,
        matches: F,
        permit: OwnedSemaphorePermit,
        context: RoleContext,
        metrics: LiveMetrics,
    ) -> Self {
        metrics.open.inc();
        Self { subscription, matches, context, metrics, _permit: permit }
    }

    /// All matching items as they arrive. Ends on shutdown.
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
                received = self.subscription.batches.recv() => received,
            };
            let batch = match received {
                Ok(batch) => batch,
                // `before` of the next batch tells how many items were missed.
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
        let missed = batch.before.saturating_sub(self.subscription.heard);
        self.metrics.missed.inc_by(missed);
        self.subscription.heard = batch.before + batch.items.len() as u64;
        let items = batch.items.iter().filter(|item| (self.matches)(item));
        Heard { items: items.cloned().collect(), missed }
    }
}

impl<T, F> Drop for Listener<T, F> {
    fn drop(&mut self) {
        self.metrics.open.dec();
    }
}
