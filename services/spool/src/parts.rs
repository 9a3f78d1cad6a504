//! Forwarding records of which the bus may reject some.

use crate::remote::RemoteBus;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{PortError, ReceivedBatch};
use watchkeeper_runtime::Heartbeat;
use watchkeeper_runtime::consumer::publish_accepted;
use watchkeeper_wire::dead_letter::{Rejected, first_letters, send_letters};

/// Publishes the records in order, as one batch if the bus accepts that. Records that the bus rejects go to the
/// dead-letter topic, rejected by `role`. Returns how many did.
///
/// # Errors
/// Those of the bus; some records may have been published by then.
pub(crate) async fn publish(
    bus: &RemoteBus,
    role: &str,
    batch: &ReceivedBatch,
    heartbeat: &Heartbeat,
) -> Result<u64, PortError> {
    let topic = &batch.partition.topic;
    let refused =
        publish_accepted(&batch.records, |records| heartbeat.idle(bus.publish(topic, records))).await?;
    let refused: Vec<_> = refused.into_iter().map(|(index, error)| (index, reason_of(error))).collect();
    let (rejected_at, dead_letters) = (Timestamp::now(), topic.dead_letters());
    let mut left = &refused[..];
    while let Some((_, reason)) = left.first() {
        tracing::warn!(%topic, error = reason, "the bus rejected a spooled record");
        let rejected = left.iter().map(|(index, reason)| Rejected { batch, index: *index, reason });
        let letters = first_letters(rejected, role, rejected_at);
        left = &left[letters.len()..];
        send_letters(letters, |letters| heartbeat.idle(bus.publish(&dead_letters, letters))).await?;
    }
    Ok(refused.len() as u64)
}

fn reason_of(error: PortError) -> String {
    match error {
        PortError::Rejected { reason, .. } => reason,
        error => error.to_string(),
    }
}
