//! Forwarding records of which the bus may reject some.

use crate::remote::RemoteBus;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, PortError, ReceivedBatch, RecordBatch};
use watchkeeper_runtime::Heartbeat;
use watchkeeper_wire::dead_letter::{DeadLetter, send_letters};

/// Publishes the records in order, as one batch if the bus accepts that; a rejected batch is halved until it does,
/// and a single rejected record goes to the dead-letter topic, rejected by `role`. Returns how many did.
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
    let all = 0..batch.records.len();
    let mut rejected = 0;
    let mut parts = vec![all.clone()];
    while let Some(part) = parts.pop() {
        let records = if part == all {
            batch.records.clone()
        } else {
            part.clone().map(|index| batch.records.get(index)).collect()
        };
        match heartbeat.idle(bus.publish(topic, records)).await {
            Err(PortError::Rejected { reason, .. }) if part.len() == 1 => {
                let letter = letter(batch, part.start, role, &reason);
                let dead_letters = topic.dead_letters();
                send_letters(letter, |letter| heartbeat.idle(bus.publish(&dead_letters, letter))).await?;
                rejected += 1;
            }
            Err(PortError::Rejected { .. }) => {
                let middle = part.start + part.len() / 2;
                parts.extend([middle..part.end, part.start..middle]);
            }
            published => published?,
        }
    }
    Ok(rejected)
}

fn letter(batch: &ReceivedBatch, index: usize, role: &str, reason: &str) -> RecordBatch {
    tracing::warn!(reason, "the bus rejected a spooled record");
    let mut letter = BatchBuilder::default();
    DeadLetter {
        reason,
        rejected_by: role,
        rejected_at: Timestamp::now(),
        origin: batch.partition.clone(),
        offset: batch.offsets[index],
        record: batch.records.get(index),
    }
    .push(&mut letter);
    letter.finish()
}
