//! The pending dead letters.

use watchkeeper_domain::Timestamp;
use watchkeeper_letters::NotNow;
use watchkeeper_ports::{Incomplete, Offset, TopicPartition};
use watchkeeper_wire::dead_letter::{DeadLetter, LetterId};

/// Maximum number of dead letters shown.
const SHOWN: usize = 10;
/// Maximum length of a record key shown, in characters.
const SHOWN_KEY_CHARS: usize = 120;

/// The pending dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Letters {
    /// How many are neither replayed nor discarded.
    pub(crate) outstanding: u64,
    /// Records on the dead-letter topics that are neither dead letters nor markers.
    pub(crate) unreadable: u64,
    /// The progress of reading the topics, while the pending dead letters are not known yet.
    pub(crate) reading: Option<String>,
    /// How many items ingest has refused in this process: they are no dead letters.
    pub(crate) refused: u64,
    /// Whether there are too many to list the newest.
    pub(crate) newest_unlisted: bool,
    /// Newest first.
    pub(crate) newest: Vec<Letter>,
}

/// One dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// The ID that the command line takes: `metrics.dead-0-42`.
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) rejected_by: String,
    pub(crate) rejected_at: Timestamp,
    pub(crate) origin: TopicPartition,
    pub(crate) offset: Offset,
    /// The record's key as text.
    pub(crate) key: String,
    /// Which part of the record is missing from the dead letter.
    pub(crate) incomplete: Option<Incomplete>,
}

pub(super) async fn newest(index: &watchkeeper_letters::Letters) -> Result<Letters, NotNow> {
    match index.newest(SHOWN, Letter::new).await {
        Ok(found) => Ok(Letters {
            outstanding: found.waiting,
            unreadable: found.strays,
            reading: None,
            refused: 0,
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
