//! Sends rejected records to the dead-letter topic.

use crate::handle::PendingBatch;
use crate::metrics::GroupMetrics;
use std::sync::Arc;
use std::time::Instant;
use watchkeeper_domain::{Seldom, TELL_EVERY, Timestamp};
use watchkeeper_ports::{EventBus, PortError, Topic};
use watchkeeper_runtime::Heartbeat;
use watchkeeper_wire::dead_letter::{SentLetters, first_letters, send_letters};

/// The dead letters of one topic.
pub(crate) struct Letters {
    pub(crate) role: &'static str,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) metrics: GroupMetrics,
    /// The topic of the records.
    pub(crate) topic: Topic,
    /// When they are logged.
    pub(crate) told: Seldom,
}

impl Letters {
    /// Sends the rejected records of `batch`, and forgets them.
    pub(crate) async fn send<T: Clone>(
        &mut self,
        batch: &mut PendingBatch<T>,
        heartbeat: &Heartbeat,
    ) -> Result<(), PortError> {
        heartbeat.waiting("bus", self.send_part_by_part(batch, heartbeat)).await
    }

    async fn send_part_by_part<T: Clone>(
        &mut self,
        batch: &mut PendingBatch<T>,
        heartbeat: &Heartbeat,
    ) -> Result<(), PortError> {
        let (rejected_at, topic) = (Timestamp::now(), self.topic.dead_letters());
        while let Some(first) = batch.refused.first() {
            let reason = first.reason.clone();
            heartbeat.beat();
            let letters = first_letters(batch.rejected(), self.role, rejected_at);
            let records = letters.len();
            let SentLetters { letters, dropped } =
                send_letters(letters, |batch| self.bus.publish(&topic, batch)).await?;
            self.metrics.dead_letters.inc_by(letters);
            self.metrics.dead_letters_dropped.inc_by(dropped);
            if let Some(records) = self.told.admit(records as u64, Instant::now()) {
                tracing::warn!(
                    topic = %self.topic,
                    records,
                    error = reason,
                    "sent records to the dead letters; not logged again for {} s",
                    TELL_EVERY.as_secs()
                );
            }
            batch.refused.drain(..records);
        }
        Ok(())
    }
}
