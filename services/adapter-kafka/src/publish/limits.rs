//! What may be published at once.

use crate::error::rejected;
use crate::options::KafkaOptions;
use watchkeeper_ports::{PortError, Record, RecordBatch};

/// Most bytes of a record's key and value; Kafka's own default.
pub(crate) const MAX_RECORD_BYTES: usize = 1 << 20;
/// Most bytes of a record's headers, names and values. Counted apart, so that a record of the largest size
/// still fits when it comes back as a dead letter with a reason.
pub(crate) const MAX_HEADER_BYTES: usize = 64 << 10;
/// Most bytes of a message with all there is around it; what topics are created to take.
pub(crate) const MAX_MESSAGE_BYTES: usize = MAX_RECORD_BYTES + MAX_HEADER_BYTES + (64 << 10);

/// Refuses a batch that breaks a limit; says what it takes while it is on its way, in bytes.
pub(crate) fn check(batch: &RecordBatch, max_in_flight_bytes: usize) -> Result<usize, PortError> {
    for record in batch.iter() {
        refuse_above("a record", record.key.len() + record.value.len(), MAX_RECORD_BYTES)?;
        refuse_above("a header block", header_bytes(record), MAX_HEADER_BYTES)?;
        if record.headers.iter().any(|(name, _)| name.contains('\0')) {
            return Err(rejected("a header's name has a NUL, which Kafka's clients do not read"));
        }
    }
    let bytes = batch.size_bytes() + batch.len() * KafkaOptions::RECORD_OVERHEAD_BYTES;
    refuse_above("the batch, on its way,", bytes, max_in_flight_bytes)?;
    Ok(bytes)
}

fn header_bytes(record: Record<'_>) -> usize {
    record.headers.iter().map(|(name, value)| name.len() + value.len()).sum()
}

fn refuse_above(what: &str, bytes: usize, limit: usize) -> Result<(), PortError> {
    if bytes <= limit {
        return Ok(());
    }
    Err(rejected(format!("{what} has {bytes} bytes, the limit is {limit}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::BatchBuilder;

    fn refused(max_in_flight: usize, build: impl FnOnce(&mut BatchBuilder)) -> Option<String> {
        let mut builder = BatchBuilder::default();
        build(&mut builder);
        match check(&builder.finish(), max_in_flight) {
            Err(PortError::Rejected { reason, .. }) => Some(reason),
            other => other.map(|_| None).unwrap(),
        }
    }

    #[test]
    fn a_record_is_accepted_at_the_limit_and_refused_past_it() {
        let value = vec![0; MAX_RECORD_BYTES];
        assert_eq!(refused(usize::MAX, |batch| batch.push(b"", &value)), None);
        assert_eq!(
            refused(usize::MAX, |batch| batch.push(b"k", &value)).unwrap(),
            "a record has 1048577 bytes, the limit is 1048576"
        );
    }

    #[test]
    fn headers_are_accepted_at_the_limit_and_refused_past_it() {
        let with = |bytes| {
            move |batch: &mut BatchBuilder| {
                batch.push_with_headers(b"k", b"v", vec![("n".into(), "x".repeat(bytes - 1))]);
            }
        };
        assert_eq!(refused(usize::MAX, with(MAX_HEADER_BYTES)), None);
        assert_eq!(
            refused(usize::MAX, with(MAX_HEADER_BYTES + 1)).unwrap(),
            "a header block has 65537 bytes, the limit is 65536"
        );
    }

    #[test]
    fn a_header_that_would_come_back_shorter_is_refused() {
        let with = |batch: &mut BatchBuilder| {
            batch.push_with_headers(b"k", b"v", vec![("a\0b".into(), String::new())]);
        };
        assert!(refused(usize::MAX, with).unwrap().contains("NUL"));
    }

    #[test]
    fn a_batch_is_accepted_at_the_limit_and_refused_past_it() {
        let two = |batch: &mut BatchBuilder| (0..2).for_each(|_| batch.push(b"k", b"v"));
        let bytes = 2 * (2 + KafkaOptions::RECORD_OVERHEAD_BYTES);
        assert_eq!(refused(bytes, two), None);
        assert_eq!(
            refused(bytes - 1, two).unwrap(),
            "the batch, on its way, has 516 bytes, the limit is 515"
        );
    }
}
