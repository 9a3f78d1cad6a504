//! Limits of one batch.

use crate::sqlite::Error;
use watchkeeper_ports::RecordBatch;
use watchkeeper_ports::limits;

/// Most bytes of a batch, keys and values: it is held in memory until it is written.
pub(super) const MAX_BATCH_BYTES: usize = 64 << 20;

/// Refuses a batch that breaks a limit.
pub(super) fn check(batch: &RecordBatch) -> Result<(), Error> {
    let bytes = batch.size_bytes();
    if bytes > MAX_BATCH_BYTES {
        return Err(Error::Rejected(format!("the batch has {bytes} bytes, the limit is {MAX_BATCH_BYTES}")));
    }
    limits::check(batch).map_err(Error::Rejected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::BatchBuilder;
    use watchkeeper_ports::limits::MAX_RECORD_BYTES;

    fn refused(build: impl FnOnce(&mut BatchBuilder)) -> Option<String> {
        let mut builder = BatchBuilder::default();
        build(&mut builder);
        match check(&builder.finish()) {
            Err(Error::Rejected(reason)) => Some(reason),
            other => other.map(|()| None).unwrap(),
        }
    }

    #[test]
    fn a_batch_is_accepted_at_the_limit_and_refused_past_it() {
        let value = vec![0; MAX_RECORD_BYTES];
        let full = |batch: &mut BatchBuilder| {
            (0..MAX_BATCH_BYTES / MAX_RECORD_BYTES).for_each(|_| batch.push(b"", &value));
        };
        assert_eq!(refused(full), None);
        let past = |batch: &mut BatchBuilder| {
            full(batch);
            batch.push(b"", b"v");
        };
        assert_eq!(refused(past).unwrap(), "the batch has 67108865 bytes, the limit is 67108864");
    }
}
