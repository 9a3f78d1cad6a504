//! The complete original record of a dead letter.

use watchkeeper_ports::limits::check_record;
use watchkeeper_ports::{Cut, EventBus, Failure, Incomplete, PortError, ReceivedBatch, Record, Unreadable};
use watchkeeper_wire::dead_letter::DeadLetter;

/// The original record of a dead letter.
pub(super) enum Original {
    /// The dead letter contains it.
    InTheLetter,
    /// It was read from its offset, as the only record.
    AtItsPosition(ReceivedBatch),
    /// It is not available completely; why, and what can be done.
    Lost(String),
}

/// Finds it. A truncated dead letter is never taken for the record itself.
pub(super) async fn original(bus: &dyn EventBus, letter: &DeadLetter<'_>) -> Result<Original, PortError> {
    let cut = match letter.incomplete() {
        None => return Ok(Original::InTheLetter),
        Some(Incomplete::Cut(cut)) => cut,
        Some(Incomplete::Unreadable(Unreadable { next, .. })) => {
            let why = format!(
                "the records of {} from offset {} to {} could not be read, so there is nothing to replay",
                letter.origin,
                letter.offset,
                next.saturating_sub(1)
            );
            return Ok(Original::Lost(why));
        }
    };
    let read = match bus.read(&letter.origin, letter.offset, 1).await {
        Err(error) if error.failure() != Failure::Reject => return Err(error),
        read => read.ok().filter(|read| read.offsets.first() == Some(&letter.offset)),
    };
    let Some(read) = read else {
        return Ok(lost(letter, "its topic no longer retains the complete record"));
    };
    Ok(match verify(read.records.get(0), letter, &cut) {
        Ok(()) => Original::AtItsPosition(read),
        Err(why) => lost(letter, &why),
    })
}

/// Checks that `found`, read from the offset of the original record, is that record and can be published again.
fn verify(found: Record<'_>, letter: &DeadLetter<'_>, cut: &Cut) -> Result<(), String> {
    let (value_bytes, sha256) = match found.incomplete {
        None => (found.value.len() as u64, Cut::sha256(found.value)),
        Some(Incomplete::Cut(found)) => (found.value_bytes, found.value_sha256),
        Some(Incomplete::Unreadable(Unreadable { reason, .. })) => {
            return Err(format!("the complete record cannot be read there: {reason}"));
        }
    };
    if (value_bytes, sha256) != (cut.value_bytes, cut.value_sha256)
        || !found.key.starts_with(letter.record.key)
    {
        return Err("another record is there now".to_owned());
    }
    check_record(found).map_err(|_| {
        format!(
            "the complete record, with a value of {value_bytes} bytes, is too large to publish: read it there \
             with a Kafka client, and publish the valid part of it"
        )
    })
}

fn lost(letter: &DeadLetter<'_>, why: &str) -> Original {
    let DeadLetter { origin, offset, .. } = letter;
    Original::Lost(format!(
        "the dead letter holds only the start of the record at {origin} offset {offset}: {why}"
    ))
}
