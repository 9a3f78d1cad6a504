//! The bus, and since when it does not accept a topic's batches.

use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use watchkeeper_ports::{EventBus, Failure, PortError, RecordBatch, Topic};
use watchkeeper_runtime::{Dependency, millis};

/// How long the bus may take for one batch before it counts as unavailable and the batch goes to the spool. Whoever
/// publishes must wait longer than this.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(5);

/// The bus, and since when it does not accept a topic's batches.
pub(crate) struct RemoteBus {
    bus: Arc<dyn EventBus>,
    /// The role does without it while there is room in the spool.
    dependency: Dependency,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Since when it does not accept batches of a topic. One partition without a leader is of one topic.
    unavailable_since: BTreeMap<Topic, Instant>,
    /// A failure that a restart may help.
    broken: Option<PortError>,
}

impl RemoteBus {
    pub(crate) fn new(bus: Arc<dyn EventBus>, dependency: Dependency) -> Self {
        Self { bus, dependency, state: Mutex::default() }
    }

    /// Publishes a batch.
    ///
    /// # Errors
    /// Those of the bus; it also counts as unavailable when it does not answer within [`PUBLISH_TIMEOUT`]. It may accept
    /// the batch all the same.
    pub(crate) async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        let published = timeout(PUBLISH_TIMEOUT, self.bus.publish(topic, batch)).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} s", PUBLISH_TIMEOUT.as_secs());
            Err(PortError::Unavailable { what: "bus", reason })
        });
        self.note(topic, published.as_ref().err());
        published
    }

    /// How long the bus has been unavailable for the topic that it has not accepted for longest; `None` if it accepted
    /// the last batch of each topic.
    pub(crate) fn unavailable_for(&self) -> Option<Duration> {
        self.state().unavailable_since.values().map(Instant::elapsed).max()
    }

    /// # Errors
    /// A failure that a restart may help, of any batch so far.
    pub(crate) fn check(&self) -> Result<(), PortError> {
        self.state().broken.clone().map_or(Ok(()), Err)
    }

    /// Logs when the bus is unavailable, and when it is available again.
    fn note(&self, topic: &Topic, error: Option<&PortError>) {
        let mut state = self.state();
        match error.map(|error| (error, error.failure())) {
            None | Some((_, Failure::Reject)) => {
                if let Some(since) = state.unavailable_since.remove(topic) {
                    let duration_ms = millis(since.elapsed());
                    tracing::info!(%topic, duration_ms, "forwarding spooled records");
                    if state.unavailable_since.is_empty() {
                        self.dependency.up();
                    }
                }
            }
            Some((error, Failure::Retry)) => {
                self.dependency.down(error);
                if !state.unavailable_since.contains_key(topic) {
                    state.unavailable_since.insert(topic.clone(), Instant::now());
                    tracing::debug!(%topic, %error, "spooling records");
                }
            }
            Some((error, Failure::Stop)) => state.broken = Some(error.clone()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
