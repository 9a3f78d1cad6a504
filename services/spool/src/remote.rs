//! The bus, and since when it is unavailable.

use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use watchkeeper_ports::{EventBus, Failure, PortError, RecordBatch, Topic};

/// How long the bus may take for one batch before it counts as unavailable: well within the time that publishers wait
/// for an answer.
pub(crate) const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// The bus, and since when it is unavailable.
pub(crate) struct RemoteBus {
    bus: Arc<dyn EventBus>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    away_since: Option<Instant>,
    /// A failure that a restart may help.
    broken: Option<PortError>,
}

impl RemoteBus {
    pub(crate) fn new(bus: Arc<dyn EventBus>) -> Self {
        Self { bus, state: Mutex::default() }
    }

    /// Publishes a batch.
    ///
    /// # Errors
    /// Those of the bus; it also counts as unavailable when it does not answer within [`TAKEN_WITHIN`]. It may accept
    /// the batch all the same.
    pub(crate) async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        let published = timeout(TAKEN_WITHIN, self.bus.publish(topic, batch)).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} s", TAKEN_WITHIN.as_secs());
            Err(PortError::Unavailable { what: "bus", reason })
        });
        self.note(published.as_ref().err());
        published
    }

    /// How long the bus has been unavailable; `None` if it accepted the last batch.
    pub(crate) fn away_for(&self) -> Option<Duration> {
        self.state().away_since.map(|since| since.elapsed())
    }

    /// # Errors
    /// A failure that a restart may help, of any batch so far.
    pub(crate) fn check(&self) -> Result<(), PortError> {
        self.state().broken.clone().map_or(Ok(()), Err)
    }

    /// Logs when the bus becomes unavailable and available again, not for each batch.
    fn note(&self, error: Option<&PortError>) {
        let mut state = self.state();
        match error.map(|error| (error, error.failure())) {
            None | Some((_, Failure::Reject)) => {
                if let Some(since) = state.away_since.take() {
                    tracing::info!(away = ?since.elapsed(), "the bus is available again: forwarding spooled records");
                }
            }
            Some((error, Failure::Retry)) => {
                if state.away_since.is_none() {
                    state.away_since = Some(Instant::now());
                    tracing::warn!(%error, "the bus is unavailable: spooling records");
                }
            }
            Some((error, Failure::Stop)) => state.broken = Some(error.clone()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
