//! The records that were rejected and wait for somebody.

use watchkeeper_domain::Timestamp;
use watchkeeper_letters::NotNow;
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
    pub(crate) outstanding: u64,
    /// Records on the topics that are neither letter nor marker.
    pub(crate) unreadable: u64,
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

pub(super) async fn newest(index: &watchkeeper_letters::Letters) -> Result<Letters, NotNow> {
    match index.newest(SHOWN, Letter::new).await {
        Ok(found) => Ok(Letters {
            outstanding: found.waiting,
            unreadable: found.strays,
            reading: None,
            newest_unlisted: found.unlisted > 0,
            newest: found.letters,
        }),
        Err(NotNow::Reading(progress)) => {
            Ok(Letters { reading: Some(progress.to_string()), ..Letters::default() })
        }
        Err(error) => Err(error),
    }
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
