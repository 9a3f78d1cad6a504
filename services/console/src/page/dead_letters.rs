//! The pending dead letters.

use super::moment::Moment;
use crate::format::count;
use crate::gather::{Letter, Letters};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Cut, Incomplete, Unreadable};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LettersPart {
    pub(super) is_empty: bool,
    /// The progress of reading, while the pending ones are not known yet.
    pub(super) reading: Option<String>,
    /// How many are pending.
    pub(super) outstanding: String,
    /// Remarks shown below the table.
    pub(super) remarks: Vec<String>,
    /// Newest first.
    pub(super) newest: Vec<LetterRow>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LetterRow {
    pub(super) id: String,
    pub(super) rejected: Moment,
    /// Topic, partition and offset.
    pub(super) origin: String,
    pub(super) rejected_by: String,
    pub(super) key: String,
    pub(super) reason: String,
    /// Which part of the record is missing from the dead letter; shown below the reason.
    pub(super) remark: Option<String>,
}

impl LettersPart {
    pub(super) fn new(letters: Letters, now: Timestamp) -> Self {
        let strays = match letters.unreadable {
            0 => None,
            1 => Some("1 record on the dead-letter topics is not a dead letter.".to_owned()),
            more => Some(format!("{} records on the dead-letter topics are not dead letters.", count(more))),
        };
        let refused = (letters.refused > 0).then(|| {
            format!(
                "{} refused by ingest since it started; `watchkeeper refusals` lists who sent what.",
                count(letters.refused)
            )
        });
        let too_many = letters.newest_unlisted.then(|| {
            "Too many: the newest are not listed until older ones are replayed or discarded.".to_owned()
        });
        Self {
            is_empty: letters.outstanding == 0,
            reading: letters.reading.map(|progress| {
                format!("Reading the dead-letter topics, as after every start: {progress} so far.")
            }),
            outstanding: count(letters.outstanding),
            remarks: strays.into_iter().chain(too_many).chain(refused).collect(),
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
            format!(
                "Truncated: the dead letter holds only the start of a value of {} bytes.",
                count(*value_bytes)
            )
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
            "Truncated: the dead letter holds only the start of a value of 2,097,152 bytes."
        );
        let unreadable = Unreadable { next: 8, reason: "damaged".to_owned() };
        assert_eq!(incomplete(&Incomplete::Unreadable(unreadable)), "Unreadable up to offset 7.");
    }

    #[test]
    fn what_is_not_whole_says_so() {
        let letters =
            Letters { outstanding: 600_000, newest_unlisted: true, unreadable: 2, ..Letters::default() };
        let part = LettersPart::new(letters, Timestamp::MIN);
        assert_eq!(part.outstanding, "600,000");
        let [strays, too_many] = &part.remarks[..] else { panic!("{:?}", part.remarks) };
        assert_eq!(strays, "2 records on the dead-letter topics are not dead letters.");
        assert!(too_many.starts_with("Too many: the newest are not listed"), "{too_many}");

        let refused = Letters { refused: 3_000, ..Letters::default() };
        assert_eq!(
            LettersPart::new(refused, Timestamp::MIN).remarks,
            ["3,000 refused by ingest since it started; `watchkeeper refusals` lists who sent what."]
        );

        let reading = Letters { reading: Some("41,000 of 110,300 records".to_owned()), ..Letters::default() };
        assert_eq!(
            LettersPart::new(reading, Timestamp::MIN).reading.as_deref(),
            Some("Reading the dead-letter topics, as after every start: 41,000 of 110,300 records so far.")
        );
    }
}
