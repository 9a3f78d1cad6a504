//! The records that were rejected and wait for somebody.

use super::moment::Moment;
use crate::format::count;
use crate::gather::{Letter, Letters};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Cut, Incomplete, Unreadable};

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
    /// What of the record is not in the letter: it is shown under the reason.
    pub(super) remark: Option<String>,
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
            remark: letter.incomplete.as_ref().map(incomplete),
        }
    }
}

fn incomplete(incomplete: &Incomplete) -> String {
    match incomplete {
        Incomplete::Cut(Cut { value_bytes, .. }) => {
            format!("Truncated: the letter has the head of a value of {} bytes.", count(*value_bytes))
        }
        Incomplete::Unreadable(Unreadable { next, .. }) => {
            format!("Unreadable up to offset {}.", next.saturating_sub(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_without_the_whole_record_says_so() {
        let cut = Cut {
            key_bytes: 1,
            value_bytes: 2_097_152,
            value_sha256: [0; 32],
            headers_left_out: 0,
            header_bytes_left_out: 0,
        };
        assert_eq!(
            incomplete(&Incomplete::Cut(cut)),
            "Truncated: the letter has the head of a value of 2,097,152 bytes."
        );
        let unreadable = Unreadable { next: 8, reason: "damaged".to_owned() };
        assert_eq!(incomplete(&Incomplete::Unreadable(unreadable)), "Unreadable up to offset 7.");
    }

    #[test]
    fn a_count_that_is_not_complete_says_so() {
        let letters = Letters { outstanding: 5_000, older_unread: true, unreadable: 2, newest: Vec::new() };
        let part = LettersPart::new(letters, Timestamp::MIN);
        assert_eq!(part.outstanding, "at least 5,000");
        assert_eq!(part.remark.as_deref(), Some("2 records on the dead-letter topics are no letters."));
    }
}
