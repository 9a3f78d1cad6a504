//! The records that were rejected and wait for somebody.

use std::cmp::Reverse;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::{NotNow, Reader};
use watchkeeper_ports::{Incomplete, Offset, TopicPartition};
use watchkeeper_wire::dead_letter::{DeadLetter, LetterId};

/// Letters that are shown.
const SHOWN: usize = 10;
/// Longest part of a record's key that is shown, in characters.
const SHOWN_KEY_CHARS: usize = 120;

/// What waits on the dead-letter topics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Letters {
    /// Those that were neither replayed nor discarded.
    pub(crate) outstanding: usize,
    /// Records on the topics that are neither letter nor marker.
    pub(crate) unreadable: usize,
    /// How far the topics were read, if it is not known yet which letters wait.
    pub(crate) reading: Option<String>,
    /// Whether there are so many that the newest are not listed.
    pub(crate) newest_unlisted: bool,
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

pub(super) async fn outstanding(letters: &watchkeeper_letters::Letters) -> Result<Letters, NotNow> {
    let looked = letters.look(|ledger| {
        let newest: Vec<LetterId> = ledger.newest(SHOWN).collect();
        (newest, ledger.listed(), ledger.unlisted(), ledger.strays())
    });
    let (ids, listed, unlisted, strays) = match looked.await {
        Ok(found) => found,
        Err(NotNow::Reading(progress)) => {
            return Ok(Letters { reading: Some(progress.to_string()), ..Letters::default() });
        }
        Err(error) => return Err(error),
    };
    let (mut reader, mut newest) = (Reader::new(&**letters.bus(), SHOWN), Vec::new());
    // From the oldest on, because what is read with a letter lies after it.
    for id in ids.iter().rev() {
        let letter = reader.record(id).await?.and_then(|record| DeadLetter::read(record).ok());
        newest.extend(letter.map(|letter| Letter::new(id, &letter)));
    }
    newest.reverse();
    newest.sort_by_key(|letter| Reverse(letter.rejected_at));
    newest.truncate(SHOWN);
    Ok(Letters {
        outstanding: listed + usize::try_from(unlisted).unwrap_or(usize::MAX),
        unreadable: usize::try_from(strays).unwrap_or(usize::MAX),
        reading: None,
        newest_unlisted: unlisted > 0,
        newest,
    })
}

impl Letter {
    fn new(id: &LetterId, letter: &DeadLetter<'_>) -> Self {
        Self {
            id: id.to_string(),
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
