//! A dead letter.

use super::header::{self, OFFSET, PARTITION, REASON, REJECTED_AT, REJECTED_BY, REPLAYED_FROM, TOPIC};
use super::{Place, Settlement, incomplete};
use watchkeeper_domain::{Timestamp, Violation, text};
use watchkeeper_ports::limits::{Kept, MAX_HEADER_BYTES, MAX_RECORD_BYTES, Room};
use watchkeeper_ports::{BatchBuilder, Cut, Header, Incomplete, Offset, Record, Topic, TopicPartition};

/// Maximum length of a reason in bytes; longer ones are truncated.
pub const MAX_REASON_BYTES: usize = 1024;

/// Space reserved for the headers of a dead letter, including those of migration and replay. The original headers of the
/// record get the rest of the limit.
const ABOUT_BYTES: usize = 8 << 10;

/// A rejected record, and why it was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter<'a> {
    /// The reason, for the producer or the operator.
    pub reason: &'a str,
    /// The role that rejected it.
    pub rejected_by: &'a str,
    /// When it was rejected.
    pub rejected_at: Timestamp,
    /// The partition of the record.
    pub origin: TopicPartition,
    /// The offset of the record.
    pub offset: Offset,
    /// The record. When read from a dead-letter topic it also has the headers of the dead letter: see
    /// [`Self::original_headers`].
    pub record: Record<'a>,
}

impl<'a> DeadLetter<'a> {
    /// Adds the dead letter to a batch for topic `<topic>.dead`, with unchanged key and value. A record that is too large
    /// is truncated and marked so ([`Self::incomplete`]).
    pub fn push(&self, batch: &mut BatchBuilder) {
        let header_bytes = MAX_HEADER_BYTES - ABOUT_BYTES;
        let room = Room { record_bytes: MAX_RECORD_BYTES, header_bytes };
        // The record is not a dead letter yet: any producer may have set such headers.
        self.push_within(room, self.record.incomplete.cloned(), batch);
    }

    /// The same for a dead letter that was read, but always truncated, however small the record is.
    pub(super) fn push_head(&self, batch: &mut BatchBuilder) {
        self.push_within(Room::OF_A_HEAD, self.incomplete(), batch);
    }

    fn push_within(&self, room: Room, incomplete: Option<Incomplete>, batch: &mut BatchBuilder) {
        let about = [
            (REASON, cut(self.reason).to_owned()),
            (REJECTED_BY, self.rejected_by.to_owned()),
            (REJECTED_AT, self.rejected_at.to_string()),
            (TOPIC, self.origin.topic.name().to_owned()),
            (PARTITION, self.origin.partition.to_string()),
            (OFFSET, self.offset.to_string()),
        ];
        let about = about.map(|(name, text)| (name.to_owned(), text));
        let Record { key, value, .. } = self.record;
        let Kept { key, value, headers, cut } = Kept::of(key, value, self.original_headers().cloned(), room);
        let incomplete = together(incomplete, cut);
        let incomplete = incomplete.iter().flat_map(incomplete::write);
        let headers = about.into_iter().chain(incomplete).chain(headers).collect();
        batch.push_with_headers(key, value, headers);
    }

    /// Which part of the record is missing from the dead letter.
    pub fn incomplete(&self) -> Option<Incomplete> {
        let read = || incomplete::read(&self.record).ok().flatten();
        self.record.incomplete.cloned().or_else(read)
    }

    /// Reads a dead letter from a record of a dead-letter topic.
    ///
    /// # Errors
    /// Names the header that is missing or malformed.
    pub fn read(record: Record<'a>) -> Result<Self, Violation> {
        const NUMBER: &str = "a whole number, 0 or more";
        record.whole_value()?;
        incomplete::read(&record)?;
        let topic = Topic::named(header::required(&record, TOPIC)?.to_owned());
        Ok(Self {
            reason: header::required(&record, REASON)?,
            rejected_by: header::required(&record, REJECTED_BY)?,
            rejected_at: header::parsed(&record, REJECTED_AT, "an RFC 3339 time")?,
            origin: TopicPartition::new(topic, header::parsed(&record, PARTITION, NUMBER)?),
            offset: header::parsed(&record, OFFSET, NUMBER)?,
            record,
        })
    }

    /// The headers of the original record, without those of the dead letter.
    pub fn original_headers(&self) -> impl Iterator<Item = &'a Header> {
        self.record.headers.iter().filter(|header| !header::is_about_letter(header))
    }

    /// Adds the original record to a batch for its topic, with a header that names the dead letter, so that a repeated
    /// rejection can be told from a new one.
    pub fn push_replay(&self, batch: &mut BatchBuilder, place: Place) {
        let mut headers: Vec<Header> =
            self.original_headers().filter(|(name, _)| name != REPLAYED_FROM).cloned().collect();
        headers.push((REPLAYED_FROM.to_owned(), format!("{}/{place}", self.origin.topic.dead_letters())));
        batch.push_with_headers(self.record.key, self.record.value, headers);
    }

    /// Adds the marker that settles the dead letter at `place` to a batch for the dead-letter topic. Publish it after the
    /// replayed record, never before.
    pub fn push_marker(&self, batch: &mut BatchBuilder, settlement: Settlement, place: Place) {
        let header = (settlement.header().to_owned(), place.to_string());
        batch.push_with_headers(self.record.key, b"", vec![header]);
    }
}

/// Which part of a record is missing, given what was missing before truncation.
fn together(before: Option<Incomplete>, cut: Option<Cut>) -> Option<Incomplete> {
    match (before, cut) {
        (Some(Incomplete::Cut(before)), Some(cut)) => Some(Incomplete::Cut(Cut {
            headers_left_out: before.headers_left_out + cut.headers_left_out,
            header_bytes_left_out: before.header_bytes_left_out + cut.header_bytes_left_out,
            ..before
        })),
        (before, cut) => before.or(cut.map(Incomplete::Cut)),
    }
}

fn cut(reason: &str) -> &str {
    text::head(reason, MAX_REASON_BYTES)
}

#[cfg(test)]
mod tests {
    use super::super::{REPLAYED, SIZE_BYTES, UNREADABLE_UNTIL};
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_ports::limits::{HEADER_OVERHEAD_BYTES, check, header_bytes};
    use watchkeeper_ports::{RecordBatch, Unreadable};

    fn header(name: &str, text: &str) -> Header {
        (name.to_owned(), text.to_owned())
    }

    fn letter<'a>(reason: &'a str, record: Record<'a>) -> DeadLetter<'a> {
        DeadLetter {
            reason,
            rejected_by: "persister",
            rejected_at: "2026-11-20T10:00:00.123Z".parse().unwrap(),
            origin: TopicPartition::new(Topic::METRICS, 3),
            offset: 42,
            record,
        }
    }

    #[test]
    fn the_original_bytes_stay_and_the_headers_say_why() {
        let original = [header("trace", "1")];
        let record = Record { key: b"\xff", value: b"\x00{", headers: &original, incomplete: None };
        let mut batch = BatchBuilder::default();
        letter("sample: is no JSON", record).push(&mut batch);
        let batch = batch.finish();
        let expected = [
            header("watchkeeper.reason", "sample: is no JSON"),
            header("watchkeeper.rejected-by", "persister"),
            header("watchkeeper.rejected-at", "2026-11-20T10:00:00.123Z"),
            header("watchkeeper.topic", "metrics"),
            header("watchkeeper.partition", "3"),
            header("watchkeeper.offset", "42"),
            header("trace", "1"),
        ];
        assert_eq!(
            batch.get(0),
            Record { key: b"\xff", value: b"\x00{", headers: &expected, incomplete: None }
        );
    }

    #[test]
    fn a_letter_is_read_as_it_was_written() {
        let original = [header("trace", "1"), header(REASON, "forged"), header(REPLAYED, "0/0")];
        let record = Record { key: b"k", value: b"v", headers: &original, incomplete: None };
        let written = letter("bad", record);
        let mut batch = BatchBuilder::default();
        written.push(&mut batch);
        let batch = batch.finish();
        let read = DeadLetter::read(batch.get(0)).unwrap();
        assert_eq!(read, DeadLetter { record: batch.get(0), ..written });
        assert_eq!(read.original_headers().collect::<Vec<_>>(), [&header("trace", "1")]);
    }

    #[test]
    fn a_header_that_is_missing_or_malformed_is_named() {
        let mut batch = BatchBuilder::default();
        letter("bad", Record { key: b"", value: b"", headers: &[], incomplete: None }).push(&mut batch);
        let whole = batch.finish();
        for (index, (name, _)) in whole.get(0).headers.iter().enumerate() {
            let mut headers = whole.get(0).headers.to_vec();
            headers.remove(index);
            let error = DeadLetter::read(Record { headers: &headers, ..whole.get(0) }).unwrap_err();
            assert_eq!(error.to_string(), format!("{name}: is missing"));
        }
        let mut headers = whole.get(0).headers.to_vec();
        headers[5].1 = "-1".to_owned();
        let error = DeadLetter::read(Record { headers: &headers, ..whole.get(0) }).unwrap_err();
        assert_eq!(error.to_string(), "watchkeeper.offset: must be a whole number, 0 or more");
    }

    #[test]
    fn a_reason_is_kept_up_to_its_limit() {
        let long = format!("x{}", "é".repeat(MAX_REASON_BYTES));
        assert_eq!(cut(&long).len(), MAX_REASON_BYTES - 1);
        assert_eq!(cut(&long[1..]).len(), MAX_REASON_BYTES);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn a_replayed_record_is_the_original_and_says_which_letter_it_was() {
        let original = [header("trace", "1"), header(REPLAYED_FROM, "metrics.dead/0/1"), header(REASON, "x")];
        let record = Record { key: b"k", value: b"v", headers: &original, incomplete: None };
        let mut batch = BatchBuilder::default();
        letter("bad", record).push_replay(&mut batch, Place { partition: 2, offset: 7 });
        let batch = batch.finish();
        let expected = [header("trace", "1"), header(REPLAYED_FROM, "metrics.dead/2/7")];
        assert_eq!(batch.get(0), Record { headers: &expected, ..record });
    }

    fn read_back(written: &DeadLetter<'_>) -> RecordBatch {
        let mut batch = BatchBuilder::default();
        written.push(&mut batch);
        let batch = batch.finish();
        assert_eq!(check(&batch), Ok(()), "every bus takes it");
        batch
    }

    #[test]
    fn a_record_that_is_not_here_whole_is_known_by_its_letter() {
        let cut = Incomplete::Cut(Cut {
            key_bytes: 1,
            value_bytes: 2 << 20,
            value_sha256: [0xab; 32],
            headers_left_out: 3,
            header_bytes_left_out: 900,
        });
        let unreadable = Incomplete::Unreadable(Unreadable { next: 50, reason: "bad".to_owned() });
        for incomplete in [cut, unreadable] {
            let record = Record { key: b"k", value: b"head", headers: &[], incomplete: Some(&incomplete) };
            let batch = read_back(&letter("bad", record));
            let read = DeadLetter::read(batch.get(0)).unwrap();
            assert_eq!(read.incomplete().as_ref(), Some(&incomplete));
            assert_eq!((read.record.value, read.original_headers().count()), (&b"head"[..], 0));
        }
    }

    #[test]
    fn what_a_sender_writes_into_the_headers_of_a_letter_is_not_believed() {
        let forged = [header(SIZE_BYTES, "7"), header(UNREADABLE_UNTIL, "50")];
        let record = Record { key: b"k", value: b"v", headers: &forged, incomplete: None };
        let batch = read_back(&letter("bad", record));
        assert_eq!(DeadLetter::read(batch.get(0)).unwrap().incomplete(), None);
    }

    #[test]
    fn a_record_of_the_largest_size_fits_a_letter_and_its_headers_do_up_to_their_room() {
        let (value, reason) = (vec![7; MAX_RECORD_BYTES], "é".repeat(MAX_REASON_BYTES));
        let room = MAX_HEADER_BYTES - ABOUT_BYTES - HEADER_OVERHEAD_BYTES - 1;
        for (bytes, is_whole) in [(room, true), (room + 1, false), (MAX_HEADER_BYTES - 65, false)] {
            let headers = [header("h", &"x".repeat(bytes))];
            let record = Record { key: b"", value: &value, headers: &headers, incomplete: None };
            let batch = read_back(&letter(&reason, record));
            let read = DeadLetter::read(batch.get(0)).unwrap();
            assert_eq!(read.incomplete().is_none(), is_whole, "{bytes}");
            assert_eq!(read.record.value, value, "the value is whole in any case");
        }
    }

    #[test]
    fn the_headers_about_a_letter_have_their_room() {
        let cut = Incomplete::Cut(Cut {
            key_bytes: u64::MAX,
            value_bytes: u64::MAX,
            value_sha256: [0xab; 32],
            headers_left_out: u64::MAX,
            header_bytes_left_out: u64::MAX,
        });
        let record = Record { key: b"", value: b"", headers: &[], incomplete: Some(&cut) };
        let reason = "x".repeat(MAX_REASON_BYTES);
        let origin = TopicPartition::new(Topic::named("t".repeat(249)), u32::MAX);
        let batch = read_back(&DeadLetter { origin, offset: u64::MAX, ..letter(&reason, record) });
        assert!(
            header_bytes(batch.get(0).headers) + 1024 < ABOUT_BYTES,
            "with room for where it was moved from"
        );
    }

    proptest! {
        #[test]
        fn whatever_a_record_is_every_bus_takes_its_letter(
            (key, value, headers) in (0_usize..1_200_000, 0_usize..1_200_000, 0_usize..80_000),
            name in "[^h]{0,4}",
        ) {
            let (key, value) = (vec![1; key], vec![2; value]);
            let headers = [header(&name, "x"), header("h", &"x".repeat(headers))];
            let mut batch = BatchBuilder::default();
            batch.push_received(&key, &value, headers.into_iter());
            read_back(&letter("bad", batch.finish().get(0)));
        }

        #[test]
        fn no_headers_panic(
            headers in prop::collection::vec((r"watchkeeper\.(reason|topic|offset)", ".{0,8}"), 0..8)
        ) {
            let _ = DeadLetter::read(Record { key: b"", value: b"", headers: &headers, incomplete: None });
        }
    }
}
