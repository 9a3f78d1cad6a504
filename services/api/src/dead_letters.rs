//! Records that were rejected: which wait, what they are, and sending them to their topic again.

mod original;
mod reader;
mod replay;

use axum::http::StatusCode;
use original::{Original, original};
use reader::Reader;
use replay::ReplayBatch;
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard};
use watchkeeper_ports::{EventBus, Extent, PortError};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::dead_letter::{DeadLetter, Ledger, LetterId};
use watchkeeper_wire::json::DeadLetterJson;

/// Letters that are known to wait; later ones are looked at once some of these are replayed.
pub(crate) const MAX_WAITING_LETTERS: usize = 50_000;
/// Records of a dead-letter topic in one read. Few, because each may be as large as the bus allows.
const READ_RECORDS: usize = 64;
/// Bytes of keys and values from which on a page of letters takes no more.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// The dead-letter topics of the bus.
pub(crate) struct DeadLetters {
    bus: Arc<dyn EventBus>,
    ledger: Mutex<Ledger>,
}

/// Which letters are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    Ids(Vec<LetterId>),
}

/// A page of letters.
pub(crate) struct LetterPage {
    pub(crate) letters: Vec<DeadLetterJson>,
    /// The last letter looked at, if there are more.
    pub(crate) next: Option<LetterId>,
}

/// What a replay did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replayed {
    pub(crate) replayed: usize,
    /// Letters that wait now.
    pub(crate) waiting: u64,
    /// How many of these were meant and cannot be replayed.
    pub(crate) not_replayable: usize,
}

/// The ledger after everything new was read.
struct UpToDate<'l> {
    ledger: MutexGuard<'l, Ledger>,
    /// Records that it had no room for.
    unread: u64,
}

impl UpToDate<'_> {
    fn waiting(&self) -> u64 {
        self.ledger.waiting() as u64 + self.unread
    }
}

impl DeadLetters {
    pub(crate) fn new(bus: Arc<dyn EventBus>) -> Self {
        Self { bus, ledger: Mutex::new(Ledger::at_most(MAX_WAITING_LETTERS)) }
    }

    /// How many letters wait; past [`MAX_WAITING_LETTERS`] the markers among the rest count too.
    pub(crate) async fn waiting(&self) -> Result<u64, PortError> {
        Ok(self.up_to_date().await?.waiting())
    }

    /// The letters that wait after one, the oldest of each partition first. Past [`MAX_WAITING_LETTERS`]
    /// the rest follows once these are replayed.
    pub(crate) async fn page(&self, after: Option<&LetterId>, limit: usize) -> Result<LetterPage, PortError> {
        let up_to_date = self.up_to_date().await?;
        let mut ids: Vec<LetterId> = up_to_date.ledger.after(after).take(limit + 1).cloned().collect();
        drop(up_to_date);
        let mut more = ids.len() > limit;
        ids.truncate(limit);

        let (mut reader, mut letters, mut bytes) = (Reader::new(&*self.bus), Vec::new(), 0);
        for (index, id) in ids.iter().enumerate() {
            if bytes >= PAGE_BYTES {
                more = true;
                ids.truncate(index);
                break;
            }
            let Some(letter) = letter(&mut reader, id).await? else { continue };
            bytes += letter.record.key.len() + letter.record.value.len();
            letters.push(DeadLetterJson::new(id.to_string(), &letter));
        }
        Ok(LetterPage { letters, next: if more { ids.pop() } else { None } })
    }

    /// One letter, whether it waits or was replayed; `None` if there is none of that name.
    pub(crate) async fn one(&self, id: &LetterId) -> Result<Option<DeadLetterJson>, PortError> {
        // Asked first, because to read a topic would make it.
        let topics = self.bus.topics().await?;
        if !topics.contains(&id.partition.topic) {
            return Ok(None);
        }
        let extents = self.bus.extents(&id.partition.topic).await?;
        if !extents.iter().any(|extent| extent.partition == id.partition) {
            return Ok(None);
        }
        let mut reader = Reader::new(&*self.bus);
        let letter = letter(&mut reader, id).await?;
        Ok(letter.map(|letter| DeadLetterJson::new(id.to_string(), &letter)))
    }

    /// Sends letters to their topics again, the oldest first, and marks them as replayed.
    ///
    /// # Errors
    /// Before anything is sent, 404 when one of the ids does not wait, and 409 when the record of one is not to be had
    /// whole; of all that wait those are passed over. Of a replay that fails half-way the letters that were sent are
    /// marked.
    pub(crate) async fn replay(&self, which: Which) -> Result<Replayed, Problem> {
        let mut up_to_date = self.up_to_date().await?;
        let are_named = matches!(which, Which::Ids(_));
        let ids = chosen(&up_to_date.ledger, which)?;
        if are_named {
            self.check_replayable(&ids).await?;
        }
        let (mut reader, mut replayed, mut not_replayable) = (Reader::new(&*self.bus), 0, 0);
        let mut ids = ids.into_iter().peekable();
        while ids.peek().is_some() {
            let mut batch = ReplayBatch::default();
            while !batch.is_full()
                && let Some(id) = ids.next()
            {
                let Some(letter) = letter(&mut reader, &id).await? else {
                    up_to_date.ledger.settle(&id);
                    continue;
                };
                match original(&*self.bus, &letter).await? {
                    Original::InTheLetter => batch.push(id, &letter),
                    Original::AtItsPosition(found) => {
                        batch.push(id, &DeadLetter { record: found.records.get(0), ..letter });
                    }
                    Original::Lost(reason) => {
                        tracing::warn!(%id, reason, "a dead letter cannot be replayed");
                        not_replayable += 1;
                    }
                }
            }
            let sent = batch.publish(&*self.bus).await?;
            replayed += sent.len();
            for id in &sent {
                up_to_date.ledger.settle(id);
            }
        }
        Ok(Replayed { replayed, waiting: up_to_date.waiting(), not_replayable })
    }

    /// Refuses letters one of which cannot be replayed.
    async fn check_replayable(&self, ids: &[LetterId]) -> Result<(), Problem> {
        let mut reader = Reader::new(&*self.bus);
        for id in ids {
            let Some(letter) = letter(&mut reader, id).await? else { continue };
            if let Original::Lost(reason) = original(&*self.bus, &letter).await? {
                let detail = format!("dead letter {id} cannot be replayed, and nothing was: {reason}");
                return Err(Problem::new(StatusCode::CONFLICT, detail));
            }
        }
        Ok(())
    }

    /// Reads what is new. Whoever holds the answer is the only one who looks or replays.
    async fn up_to_date(&self) -> Result<UpToDate<'_>, PortError> {
        let mut ledger = self.ledger.lock().await;
        let mut unread = 0;
        for topic in self.bus.topics().await?.iter().filter(|topic| topic.is_dead_letters()) {
            for extent in self.bus.extents(topic).await? {
                unread += catch_up(&*self.bus, &mut ledger, &extent).await?;
            }
        }
        Ok(UpToDate { ledger, unread })
    }
}

/// Takes note of what is new in a partition; gives how many records there was no room for.
async fn catch_up(bus: &dyn EventBus, ledger: &mut Ledger, extent: &Extent) -> Result<u64, PortError> {
    ledger.forget_before(&extent.partition, extent.earliest);
    loop {
        let next = ledger.next(&extent.partition).max(extent.earliest);
        if next >= extent.end || ledger.is_full() {
            return Ok(extent.end.saturating_sub(next));
        }
        let batch = bus.read(&extent.partition, next, READ_RECORDS).await?;
        if batch.next <= next {
            return Ok(0);
        }
        ledger.note(&batch);
    }
}

fn chosen(ledger: &Ledger, which: Which) -> Result<Vec<LetterId>, Problem> {
    let Which::Ids(mut ids) = which else { return Ok(ledger.after(None).cloned().collect()) };
    if let Some(gone) = ids.iter().find(|id| !ledger.waits(id)) {
        return Err(Problem::not_found(&format!("dead letter {gone} that waits; nothing was replayed")));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The letter, unless the topic no longer keeps it or it is none.
async fn letter<'r>(reader: &'r mut Reader<'_>, id: &LetterId) -> Result<Option<DeadLetter<'r>>, PortError> {
    Ok(reader.record(id).await?.and_then(|record| DeadLetter::read(record).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
    use watchkeeper_domain::Timestamp;
    use watchkeeper_ports::{BatchBuilder, Record, Topic, TopicPartition};

    #[tokio::test]
    async fn more_letters_than_are_known_to_wait_are_worked_off_in_several_replays() {
        const LETTERS: u64 = 3 * READ_RECORDS as u64;
        let dir = tempfile::tempdir().unwrap();
        let bus = Arc::new(EmbeddedBus::open(dir.path(), &EmbeddedOptions::default()).unwrap());
        let mut batch = BatchBuilder::default();
        for offset in 0..LETTERS {
            let letter = DeadLetter {
                reason: "bad",
                rejected_by: "persister",
                rejected_at: Timestamp::MIN,
                origin: TopicPartition::new(Topic::METRICS, 0),
                offset,
                record: Record { key: b"k", value: b"v", headers: &[], incomplete: None },
            };
            letter.push(&mut batch);
        }
        bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();

        let ledger = Mutex::new(Ledger::at_most(READ_RECORDS));
        let letters = DeadLetters { bus, ledger };
        assert_eq!(letters.waiting().await.unwrap(), LETTERS);
        for _ in 0..3 {
            let Replayed { replayed, .. } = letters.replay(Which::All).await.unwrap();
            assert_eq!(replayed, READ_RECORDS);
        }
        assert_eq!(letters.waiting().await.unwrap(), 0);
    }
}
