//! Publishes dead letters such that none of them can block the publisher.

use super::DeadLetter;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::limits::BATCH_BYTES_TAKEN;
use watchkeeper_ports::{BatchBuilder, Failure, PortError, ReceivedBatch, Record, RecordBatch};

/// A batch of dead letters of this size ([`BatchBuilder::published_bytes`]) is published without waiting for more: every
/// bus accepts it together with one more, however large.
pub const LETTER_BATCH_BYTES: usize = BATCH_BYTES_TAKEN / 2;

/// A rejected record of a received batch.
#[derive(Clone, Copy, Debug)]
pub struct Rejected<'a> {
    /// The batch.
    pub batch: &'a ReceivedBatch,
    /// The index of the record.
    pub index: usize,
    /// The reason.
    pub reason: &'a str,
}

/// The dead letters of the first records that `rejected_by` rejected, as many as fit into one batch: at least one, if
/// any record was rejected.
pub fn first_letters<'a>(
    rejected: impl IntoIterator<Item = Rejected<'a>>,
    rejected_by: &str,
    rejected_at: Timestamp,
) -> RecordBatch {
    let mut letters = BatchBuilder::default();
    for Rejected { batch, index, reason } in rejected {
        let (origin, offset) = (batch.partition.clone(), batch.offsets[index]);
        let record = batch.records.get(index);
        DeadLetter { reason, rejected_by, rejected_at, origin, offset, record }.push(&mut letters);
        if letters.published_bytes() >= LETTER_BATCH_BYTES {
            break;
        }
    }
    letters.finish()
}

/// The result of publishing dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentLetters {
    /// Number of published dead letters.
    pub letters: u64,
    /// Number of dead letters that the bus refuses even truncated. The records stay at their offset.
    pub dropped: u64,
}

/// Publishes a batch of dead letters with `publish`. If the bus refuses the batch, they are published one by one; one
/// that it refuses is truncated, and one that it refuses even so is skipped and logged with its offset: no record may
/// block those after it.
///
/// # Errors
/// Those of `publish` except refusals. Some dead letters may have been published then.
pub async fn send_letters<F: Future<Output = Result<(), PortError>>>(
    letters: RecordBatch,
    publish: impl Fn(RecordBatch) -> F,
) -> Result<SentLetters, PortError> {
    let mut sent = SentLetters::default();
    if taken(publish(letters.clone()).await)?.is_ok() {
        sent.letters = letters.len() as u64;
        return Ok(sent);
    }
    for letter in letters.iter() {
        match send_one(letter, &publish).await? {
            Ok(()) => sent.letters += 1,
            Err(refusal) => {
                sent.dropped += 1;
                tell_dropped(letter, &refusal);
            }
        }
    }
    Ok(sent)
}

async fn send_one<F: Future<Output = Result<(), PortError>>>(
    letter: Record<'_>,
    publish: &impl Fn(RecordBatch) -> F,
) -> Result<Result<(), PortError>, PortError> {
    let whole = taken(publish([letter].into_iter().collect()).await)?;
    match (whole, DeadLetter::read(letter)) {
        (Err(_), Ok(letter)) => {
            let mut head = BatchBuilder::default();
            letter.push_head(&mut head);
            taken(publish(head.finish()).await)
        }
        (whole, _) => Ok(whole),
    }
}

/// Whether the bus accepted the batch, or refused it permanently.
fn taken(published: Result<(), PortError>) -> Result<Result<(), PortError>, PortError> {
    match published {
        Err(error) if error.failure() != Failure::Reject => Err(error),
        taken_or_refused => Ok(taken_or_refused),
    }
}

fn tell_dropped(letter: Record<'_>, refusal: &PortError) {
    if let Ok(DeadLetter { origin, offset, reason, .. }) = DeadLetter::read(letter) {
        tracing::error!(
            topic = %origin.topic,
            partition = origin.partition,
            offset,
            error = %refusal,
            "cannot write a dead letter ({reason}): the bus refuses it, even truncated; the record stays at its offset"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;
    use std::sync::Mutex;
    use watchkeeper_ports::{Incomplete, Topic, TopicPartition};

    fn letters(values: &[&[u8]]) -> RecordBatch {
        let mut records = BatchBuilder::default();
        for value in values {
            records.push(b"k", value);
        }
        let batch = ReceivedBatch {
            partition: TopicPartition::new(Topic::METRICS, 0),
            records: records.finish(),
            offsets: (0..values.len() as u64).collect(),
            next: values.len() as u64,
            appended: Vec::new(),
        };
        let rejected = (0..values.len()).map(|index| Rejected { batch: &batch, index, reason: "bad" });
        first_letters(rejected, "persister", Timestamp::MIN)
    }

    #[test]
    fn no_more_letters_are_sent_at_once_than_every_bus_takes() {
        let quarter = &vec![b'x'; LETTER_BATCH_BYTES / 4 - b"k".len()][..];
        assert_eq!(letters(&[quarter; 5]).len(), 4);
        assert_eq!(letters(&[]).len(), 0);
    }

    /// The records accepted by a bus with this record size limit.
    async fn sending(letters: RecordBatch, most: usize) -> (SentLetters, Vec<RecordBatch>) {
        let taken = Mutex::new(Vec::new());
        let publish = |batch: RecordBatch| {
            let refused = batch.iter().find(|record| record.value.len() > most).map(|record| {
                let reason = format!("{} bytes are too many", record.value.len());
                PortError::Rejected { what: "bus", reason }
            });
            if refused.is_none() {
                taken.lock().unwrap().push(batch);
            }
            ready(refused.map_or(Ok(()), Err))
        };
        let sent = send_letters(letters, publish).await.unwrap();
        (sent, taken.into_inner().unwrap())
    }

    #[tokio::test]
    async fn letters_that_are_taken_are_sent_together() {
        let sent = letters(&[b"a", b"b"]);
        let (told, taken) = sending(sent.clone(), 10).await;
        assert_eq!((told, taken), (SentLetters { letters: 2, dropped: 0 }, vec![sent]));
    }

    #[tokio::test]
    async fn a_letter_that_is_refused_is_sent_with_its_head_and_holds_up_no_other() {
        let large = [b'x'; 9_000];
        let (told, taken) = sending(letters(&[b"a", &large, b"c"]), 5_000).await;
        assert_eq!(told, SentLetters { letters: 3, dropped: 0 });
        let second = DeadLetter::read(taken[1].get(0)).unwrap();
        let Some(Incomplete::Cut(cut)) = second.incomplete() else { panic!("it is cut") };
        assert_eq!((second.offset, cut.value_bytes), (1, 9_000));
        assert_eq!(taken.iter().map(RecordBatch::len).sum::<usize>(), 3);
    }

    #[tokio::test]
    async fn a_letter_that_is_refused_even_so_is_left_out_and_holds_up_no_other() {
        let large = [b'x'; 9_000];
        let (told, taken) = sending(letters(&[b"a", &large, b"c"]), 100).await;
        assert_eq!((told, taken.len()), (SentLetters { letters: 2, dropped: 1 }, 2));
    }

    #[tokio::test]
    async fn a_bus_that_is_away_is_an_error() {
        let away = |_| ready(Err(PortError::Unavailable { what: "bus", reason: "away".into() }));
        let error = send_letters(letters(&[b"a"]), away).await.unwrap_err();
        assert_eq!(error.failure(), Failure::Retry);
    }
}
