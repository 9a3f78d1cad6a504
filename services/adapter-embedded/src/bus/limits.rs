//! What may be published at once.

use super::frames::header_bytes;
use crate::sqlite::Error;
use watchkeeper_ports::RecordBatch;

/// Most bytes of a record's key and value; Kafka's own default.
pub(super) const MAX_RECORD_BYTES: usize = 1 << 20;
/// Most bytes of a record's headers, as they are framed. Counted apart, so that a record of the largest size still fits when
/// it comes back as a dead letter with a reason.
pub(super) const MAX_HEADER_BYTES: usize = 64 << 10;
/// Most bytes of a batch, keys and values: it is held in memory until it is written.
pub(super) const MAX_BATCH_BYTES: usize = 64 << 20;

/// Refuses a batch that breaks a limit.
pub(super) fn check(batch: &RecordBatch) -> Result<(), Error> {
    refuse_above("the batch", batch.size_bytes(), MAX_BATCH_BYTES)?;
    for record in batch.iter() {
        refuse_above("a record", record.key.len() + record.value.len(), MAX_RECORD_BYTES)?;
        refuse_above("a header block", header_bytes(record), MAX_HEADER_BYTES)?;
    }
    Ok(())
}

fn refuse_above(what: &str, bytes: usize, limit: usize) -> Result<(), Error> {
    if bytes <= limit {
        return Ok(());
    }
    Err(Error::Rejected(format!("{what} has {bytes} bytes, the limit is {limit}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::BatchBuilder;

    fn refused(build: impl FnOnce(&mut BatchBuilder)) -> Option<String> {
        let mut builder = BatchBuilder::default();
        build(&mut builder);
        match check(&builder.finish()) {
            Err(Error::Rejected(reason)) => Some(reason),
            other => other.map(|()| None).unwrap(),
        }
    }

    #[test]
    fn a_record_is_accepted_at_the_limit_and_refused_past_it() {
        let value = vec![0; MAX_RECORD_BYTES];
        assert_eq!(refused(|batch| batch.push(b"", &value)), None);
        assert_eq!(
            refused(|batch| batch.push(b"k", &value)).unwrap(),
            "a record has 1048577 bytes, the limit is 1048576"
        );
    }

    #[test]
    fn headers_are_accepted_at_the_limit_and_refused_past_it() {
        let with = |bytes| {
            move |batch: &mut BatchBuilder| {
                batch.push_with_headers(b"k", b"v", vec![("n".into(), "x".repeat(bytes - 9))]);
            }
        };
        assert_eq!(refused(with(MAX_HEADER_BYTES)), None);
        assert_eq!(
            refused(with(MAX_HEADER_BYTES + 1)).unwrap(),
            "a header block has 65537 bytes, the limit is 65536"
        );
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
