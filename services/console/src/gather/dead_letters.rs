//! The records that were rejected and wait for somebody.

use std::cmp::Reverse;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{
    EventBus, Extent, Incomplete, Offset, PortError, ReceivedBatch, Record, Topic, TopicPartition,
};
use watchkeeper_wire::dead_letter::{DeadLetter, LetterId, Place, outstanding};

/// Most records of a dead-letter topic that are read for one page, the newest of each partition.
pub const MAX_DEAD_LETTER_RECORDS: usize = 5_000;
/// Reading a topic for one page ends when it has brought this many bytes.
pub const MAX_DEAD_LETTER_BYTES: usize = 8 * 1024 * 1024;
/// Most records in one read.
const READ_RECORDS: u64 = 500;
/// A read that brings only the first of its records, because they are large, is done again for the newest
/// of them, divided by this.
const READ_FEWER: u64 = 8;
/// Letters that are shown.
const SHOWN: usize = 10;
/// Longest part of a record's key that is shown, in characters.
const SHOWN_KEY_CHARS: usize = 120;

/// What waits on the dead-letter topics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Letters {
    /// Those that were not replayed.
    pub(crate) outstanding: usize,
    /// Records on the topics that are neither letter nor marker.
    pub(crate) unreadable: usize,
    /// Whether there are older records that were not read, so that there may be more letters.
    pub(crate) older_unread: bool,
    /// The newest, newest first.
    pub(crate) newest: Vec<Letter>,
}

/// One letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// What the command line calls it: `metrics.dead-0-42`.
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) rejected_by: String,
    pub(crate) rejected_at: Timestamp,
    pub(crate) origin: TopicPartition,
    pub(crate) offset: Offset,
    /// The record's key as text.
    pub(crate) key: String,
    /// What of the record is not in the letter.
    pub(crate) incomplete: Option<Incomplete>,
}

pub(super) async fn outstanding_on(bus: &dyn EventBus) -> Result<Letters, PortError> {
    let mut letters = Letters::default();
    for topic in bus.topics().await?.iter().filter(|topic| topic.is_dead_letters()) {
        letters.add(topic, &read(bus, topic).await?);
    }
    letters.newest.sort_by_key(|letter| Reverse(letter.rejected_at));
    letters.newest.truncate(SHOWN);
    Ok(letters)
}

impl Letters {
    fn add(&mut self, topic: &Topic, read: &Read) {
        let found = outstanding(read.batches.iter().flat_map(placed));
        self.outstanding += found.letters.len();
        self.unreadable += found.unreadable.len();
        self.older_unread |= read.older_unread;
        let mut newest: Vec<_> = found.letters.iter().collect();
        newest.sort_by_key(|(_, letter)| Reverse(letter.rejected_at));
        self.newest
            .extend(newest.iter().take(SHOWN).map(|(place, letter)| Letter::new(topic, *place, letter)));
    }
}

impl Letter {
    fn new(topic: &Topic, place: Place, letter: &DeadLetter<'_>) -> Self {
        Self {
            id: LetterId {
                partition: TopicPartition::new(topic.clone(), place.partition),
                offset: place.offset,
            }
            .to_string(),
            reason: letter.reason.to_owned(),
            rejected_by: letter.rejected_by.to_owned(),
            rejected_at: letter.rejected_at,
            origin: letter.origin.clone(),
            offset: letter.offset,
            key: String::from_utf8_lossy(letter.record.key).chars().take(SHOWN_KEY_CHARS).collect(),
            incomplete: letter.incomplete(),
        }
    }
}

async fn read(bus: &dyn EventBus, topic: &Topic) -> Result<Read, PortError> {
    let extents = bus.extents(topic).await?;
    let mut read = Read::default();
    for extent in &extents {
        read.newest_of(bus, extent, MAX_DEAD_LETTER_RECORDS / extents.len()).await?;
    }
    Ok(read)
}

/// What was read so far.
#[derive(Default)]
struct Read {
    batches: Vec<ReceivedBatch>,
    bytes: usize,
    older_unread: bool,
}

impl Read {
    /// Reads a partition from its end backwards, at most `max_records`.
    async fn newest_of(
        &mut self,
        bus: &dyn EventBus,
        extent: &Extent,
        max_records: usize,
    ) -> Result<(), PortError> {
        let lowest = extent.end.saturating_sub(max_records as u64).max(extent.earliest);
        let (mut end, mut step) = (extent.end, READ_RECORDS);
        while end > lowest && self.bytes < MAX_DEAD_LETTER_BYTES {
            let from = end.saturating_sub(step).max(lowest);
            let records = end - from;
            let max_records = usize::try_from(records).unwrap_or(usize::MAX);
            let batch = bus.read(&extent.partition, from, max_records).await?;
            if batch.next < end && records > 1 {
                step = records.div_ceil(READ_FEWER);
                continue;
            }
            self.bytes += batch.records.size_bytes();
            self.batches.push(batch);
            (end, step) = (from, READ_RECORDS);
        }
        self.older_unread |= end > extent.earliest;
        Ok(())
    }
}

fn placed(batch: &ReceivedBatch) -> impl Iterator<Item = (Place, Record<'_>)> {
    let partition = batch.partition.partition;
    batch.offsets.iter().map(move |&offset| Place { partition, offset }).zip(batch.records.iter())
}
