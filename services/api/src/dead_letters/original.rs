//! The record that a letter is about, to the last byte.

use watchkeeper_ports::limits::check_record;
use watchkeeper_ports::{Cut, EventBus, Failure, Incomplete, PortError, ReceivedBatch, Record, Unreadable};
use watchkeeper_wire::dead_letter::DeadLetter;

/// The record that a letter is about.
pub(super) enum Original {
    /// It is in the letter.
    InTheLetter,
    /// It was read at its position, and is the only one.
    AtItsPosition(ReceivedBatch),
    /// It is not to be had whole; says why, and what can be done.
    Lost(String),
}

/// Finds it. A letter that has only the head of its record is never taken for the record.
pub(super) async fn original(bus: &dyn EventBus, letter: &DeadLetter<'_>) -> Result<Original, PortError> {
    let cut = match letter.incomplete() {
        None => return Ok(Original::InTheLetter),
        Some(Incomplete::Cut(cut)) => cut,
        Some(Incomplete::Unreadable(Unreadable { next, .. })) => {
            let why = format!(
                "the records of {} from offset {} to {} could not be read, so there is nothing to send in again",
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
        return Ok(lost(letter, "its topic keeps the whole record no longer"));
    };
    Ok(match verify(read.records.get(0), letter, &cut) {
        Ok(()) => Original::AtItsPosition(read),
        Err(why) => lost(letter, &why),
    })
}

/// Whether `found`, which lies where the letter's record lay, is that record and can be published again.
fn verify(found: Record<'_>, letter: &DeadLetter<'_>, cut: &Cut) -> Result<(), String> {
    let (value_bytes, sha256) = match found.incomplete {
        None => (found.value.len() as u64, Cut::sha256(found.value)),
        Some(Incomplete::Cut(found)) => (found.value_bytes, found.value_sha256),
        Some(Incomplete::Unreadable(Unreadable { reason, .. })) => {
            return Err(format!("the whole record cannot be read there: {reason}"));
        }
    };
    if (value_bytes, sha256) != (cut.value_bytes, cut.value_sha256)
        || !found.key.starts_with(letter.record.key)
    {
        return Err("another record lies there now".to_owned());
    }
    check_record(found).map_err(|_| {
        format!(
            "the whole record, of {value_bytes} bytes in its value, is larger than what can be published: \
             read it there with a client of Kafka, and send in what is good of it"
        )
    })
}

fn lost(letter: &DeadLetter<'_>, why: &str) -> Original {
    let DeadLetter { origin, offset, .. } = letter;
    Original::Lost(format!("the letter has only the head of the record at {origin} offset {offset}: {why}"))
}
