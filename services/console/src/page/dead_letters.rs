//! The records that were rejected and wait for somebody.

use super::moment::Moment;
use crate::format::count;
use crate::gather::{Letter, Letters};
use watchkeeper_domain::Timestamp;

/// The dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LettersPart {
    pub(super) is_empty: bool,
    /// How many wait: `3`, or `at least 5,000` when not all were counted.
    pub(super) outstanding: String,
    /// What else is on the topics, if anything.
    pub(super) remark: Option<String>,
    /// The newest, newest first.
    pub(super) newest: Vec<LetterRow>,
}

/// One dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LetterRow {
    pub(super) id: String,
    pub(super) rejected: Moment,
    /// Topic, partition and offset.
    pub(super) origin: String,
    pub(super) rejected_by: String,
    pub(super) key: String,
    pub(super) reason: String,
}

impl LettersPart {
    pub(super) fn new(letters: Letters, now: Timestamp) -> Self {
        let at_least = if letters.older_unread { "at least " } else { "" };
        let remark = match letters.unreadable {
            0 => None,
            1 => Some("One record on the dead-letter topics is no letter.".to_owned()),
            more => Some(format!("{} records on the dead-letter topics are no letters.", count(more))),
        };
        Self {
            is_empty: letters.outstanding == 0,
            outstanding: format!("{at_least}{}", count(letters.outstanding)),
            remark,
            newest: letters.newest.into_iter().map(|letter| LetterRow::new(letter, now)).collect(),
        }
    }
}

impl LetterRow {
    fn new(letter: Letter, now: Timestamp) -> Self {
        Self {
            id: letter.id,
            rejected: Moment::ago(letter.rejected_at, now),
            origin: format!("{}/{}", letter.origin, letter.offset),
            rejected_by: letter.rejected_by,
            key: letter.key,
            reason: letter.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_not_complete_says_so() {
        let letters = Letters { outstanding: 5_000, older_unread: true, unreadable: 2, newest: Vec::new() };
        let part = LettersPart::new(letters, Timestamp::MIN);
        assert_eq!(part.outstanding, "at least 5,000");
        assert_eq!(part.remark.as_deref(), Some("2 records on the dead-letter topics are no letters."));
    }
}
