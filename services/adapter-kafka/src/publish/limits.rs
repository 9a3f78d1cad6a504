//! Limits of one batch.

use crate::error::rejected;
use watchkeeper_ports::limits::{self, MAX_HEADER_BYTES, MAX_RECORD_BYTES};
use watchkeeper_ports::{PortError, RecordBatch};

/// Most bytes of a message with all overhead; topics are created to accept it.
pub(crate) const MAX_MESSAGE_BYTES: usize = MAX_RECORD_BYTES + MAX_HEADER_BYTES + (64 << 10);

/// Checks a batch against the limits; returns its size in flight, in bytes.
pub(crate) fn check(batch: &RecordBatch, max_in_flight_bytes: usize) -> Result<usize, PortError> {
    limits::check(batch).map_err(rejected)?;
    let bytes = batch.published_bytes();
    if bytes > max_in_flight_bytes {
        let reason = format!("the batch has {bytes} bytes in flight, the limit is {max_in_flight_bytes}");
        return Err(rejected(reason));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::KafkaOptions;
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
    fn a_batch_is_accepted_at_the_limit_and_refused_past_it() {
        let two = |batch: &mut BatchBuilder| (0..2).for_each(|_| batch.push(b"k", b"v"));
        let bytes = 2 * (2 + KafkaOptions::RECORD_OVERHEAD_BYTES);
        assert_eq!(refused(bytes, two), None);
        assert_eq!(refused(bytes - 1, two).unwrap(), "the batch has 516 bytes in flight, the limit is 515");
    }
}
