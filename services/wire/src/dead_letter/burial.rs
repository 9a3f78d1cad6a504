//! Sending letters, so that none of them can hold up who sends them.

use super::DeadLetter;
use watchkeeper_ports::limits::BATCH_BYTES_TAKEN;
use watchkeeper_ports::{BatchBuilder, Failure, PortError, Record, RecordBatch};

/// From how many bytes on letters are sent without waiting for more ([`BatchBuilder::published_bytes`]): every bus
/// takes them together with one more, however large.
pub const LETTER_BATCH_BYTES: usize = BATCH_BYTES_TAKEN / 2;

/// What became of letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buried {
    /// Letters that lie on the dead-letter topic.
    pub letters: u64,
    /// Letters that the bus does not even take with the head of the record. The records stay at their position.
    pub dropped: u64,
}

/// Sends a batch of letters by `publish`, which publishes to their topic. What the bus refuses as a batch is sent
/// letter by letter, a letter that it refuses with the head of its record, and one that it refuses even so is left
/// out and told in the log with its position: no record may hold up those behind it.
///
/// # Errors
/// Those of `publish`, but for refusals. Some letters may have been sent then.
pub async fn bury<F: Future<Output = Result<(), PortError>>>(
    letters: RecordBatch,
    publish: impl Fn(RecordBatch) -> F,
) -> Result<Buried, PortError> {
    let mut buried = Buried::default();
    if taken(publish(letters.clone()).await)?.is_ok() {
        buried.letters = letters.len() as u64;
        return Ok(buried);
    }
    for letter in letters.iter() {
        match bury_one(letter, &publish).await? {
            Ok(()) => buried.letters += 1,
            Err(refusal) => {
                buried.dropped += 1;
                tell_dropped(letter, &refusal);
            }
        }
    }
    Ok(buried)
}

async fn bury_one<F: Future<Output = Result<(), PortError>>>(
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

/// Whether the bus has taken what was published, or refuses it for ever.
fn taken(published: Result<(), PortError>) -> Result<Result<(), PortError>, PortError> {
    match published {
        Err(error) if error.failure() != Failure::Reject => Err(error),
        taken_or_refused => Ok(taken_or_refused),
    }
}

fn tell_dropped(letter: Record<'_>, refusal: &PortError) {
    if let Ok(DeadLetter { origin, offset, reason, .. }) = DeadLetter::read(letter) {
        tracing::error!(
            partition = %origin,
            offset,
            reason,
            error = %refusal,
            "a rejected record has no dead letter: the bus refuses it, also its head; it stays at its position"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;
    use std::sync::Mutex;
    use watchkeeper_domain::Timestamp;
    use watchkeeper_ports::{Incomplete, Topic, TopicPartition};

    fn letters(values: &[&[u8]]) -> RecordBatch {
        let mut batch = BatchBuilder::default();
        for (offset, value) in (0..).zip(values) {
            let letter = DeadLetter {
                reason: "bad",
                rejected_by: "persister",
                rejected_at: Timestamp::MIN,
                origin: TopicPartition::new(Topic::METRICS, 0),
                offset,
                record: Record { key: b"k", value, headers: &[], incomplete: None },
            };
            letter.push(&mut batch);
        }
        batch.finish()
    }

    /// What a bus has taken that takes no record of more than so many bytes.
    async fn buried(letters: RecordBatch, most: usize) -> (Buried, Vec<RecordBatch>) {
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
        let buried = bury(letters, publish).await.unwrap();
        (buried, taken.into_inner().unwrap())
    }

    #[tokio::test]
    async fn letters_that_are_taken_are_sent_together() {
        let sent = letters(&[b"a", b"b"]);
        let (told, taken) = buried(sent.clone(), 10).await;
        assert_eq!((told, taken), (Buried { letters: 2, dropped: 0 }, vec![sent]));
    }

    #[tokio::test]
    async fn a_letter_that_is_refused_is_sent_with_its_head_and_holds_up_no_other() {
        let large = [b'x'; 9_000];
        let (told, taken) = buried(letters(&[b"a", &large, b"c"]), 5_000).await;
        assert_eq!(told, Buried { letters: 3, dropped: 0 });
        let second = DeadLetter::read(taken[1].get(0)).unwrap();
        let Some(Incomplete::Cut(cut)) = second.incomplete() else { panic!("it is cut") };
        assert_eq!((second.offset, cut.value_bytes), (1, 9_000));
        assert_eq!(taken.iter().map(RecordBatch::len).sum::<usize>(), 3);
    }

    #[tokio::test]
    async fn a_letter_that_is_refused_even_so_is_left_out_and_holds_up_no_other() {
        let large = [b'x'; 9_000];
        let (told, taken) = buried(letters(&[b"a", &large, b"c"]), 100).await;
        assert_eq!((told, taken.len()), (Buried { letters: 2, dropped: 1 }, 2));
    }

    #[tokio::test]
    async fn a_bus_that_is_away_is_an_error() {
        let away = |_| ready(Err(PortError::Unavailable { what: "bus", reason: "away".into() }));
        let error = bury(letters(&[b"a"]), away).await.unwrap_err();
        assert_eq!(error.failure(), Failure::Retry);
    }
}
