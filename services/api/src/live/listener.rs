//! One who listens.

use super::{Batch, Live, Seat};
use futures_util::Stream;
use futures_util::stream::unfold;
use prometheus::{IntCounter, IntGauge};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use watchkeeper_domain::{Sample, SeriesFilter};
use watchkeeper_runtime::RoleContext;

/// One who listens, until it is dropped.
pub(crate) struct Listener {
    seat: Seat,
    filter: SeriesFilter,
    context: RoleContext,
    missed: IntCounter,
    open: IntGauge,
    _place: OwnedSemaphorePermit,
}

/// What came in since the last time; one of the two is not empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    /// The samples that match, in order of arrival for each series: that of their time, unless their producer gives no
    /// key and they lie on several partitions.
    pub(crate) samples: Vec<Sample>,
    /// Samples that came in before them and were missed, whether they match or not.
    pub(crate) missed: u64,
}

impl Listener {
    pub(super) fn new(seat: Seat, filter: SeriesFilter, place: OwnedSemaphorePermit, live: &Live) -> Self {
        live.open.inc();
        Self {
            seat,
            filter,
            context: live.context.clone(),
            missed: live.missed.clone(),
            open: live.open.clone(),
            _place: place,
        }
    }

    /// Everything that matches, as it comes in. Ends when the role is asked to stop.
    pub(crate) fn stream(self) -> impl Stream<Item = Heard> + Send {
        unfold(self, |mut listener| async {
            let heard = listener.next().await?;
            Some((heard, listener))
        })
    }

    async fn next(&mut self) -> Option<Heard> {
        loop {
            let received = tokio::select! {
                () = self.context.shutdown().cancelled() => return None,
                received = self.seat.batches.recv() => received,
            };
            let batch = match received {
                Ok(batch) => batch,
                // The next batch tells how many samples were in those that are gone.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return None,
            };
            let heard = self.hear(&batch);
            if heard.missed > 0 || !heard.samples.is_empty() {
                return Some(heard);
            }
        }
    }

    fn hear(&mut self, batch: &Batch) -> Heard {
        let missed = batch.before.saturating_sub(self.seat.heard);
        self.missed.inc_by(missed);
        self.seat.heard = batch.before + batch.samples.len() as u64;
        let samples = batch.samples.iter().filter(|sample| self.filter.matches(&sample.series));
        Heard { samples: samples.cloned().collect(), missed }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.open.dec();
    }
}
