//! One rejected record.

use super::header::{self, OFFSET, PARTITION, REASON, REJECTED_AT, REJECTED_BY, REPLAYED_FROM, TOPIC};
use super::{Place, Settlement};
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{BatchBuilder, Header, Offset, Record, Topic, TopicPartition};

/// The longest reason that is kept, in bytes; the rest of a longer one is cut off.
pub const MAX_REASON_BYTES: usize = 1024;

/// A rejected record: what it was, and why it was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter<'a> {
    /// Why, for the one who sent it or the one who operates this.
    pub reason: &'a str,
    /// Which role rejected it.
    pub rejected_by: &'a str,
    /// When.
    pub rejected_at: Timestamp,
    /// The partition it was in.
    pub origin: TopicPartition,
    /// Its offset there.
    pub offset: Offset,
    /// The record. Headers about a letter are no part of it: see [`Self::original_headers`].
    pub record: Record<'a>,
}

impl<'a> DeadLetter<'a> {
    /// Adds the letter to a batch for topic `<topic>.dead`, key and value as they were.
    pub fn push(&self, batch: &mut BatchBuilder) {
        let about = [
            (REASON, cut(self.reason).to_owned()),
            (REJECTED_BY, self.rejected_by.to_owned()),
            (REJECTED_AT, self.rejected_at.to_string()),
            (TOPIC, self.origin.topic.name().to_owned()),
            (PARTITION, self.origin.partition.to_string()),
            (OFFSET, self.offset.to_string()),
        ];
        let about = about.map(|(name, text)| (name.to_owned(), text));
        let headers = about.into_iter().chain(self.original_headers().cloned()).collect();
        batch.push_with_headers(self.record.key, self.record.value, headers);
    }

    /// Reads a letter from a record of a dead-letter topic.
    ///
    /// # Errors
    /// Names the header that is missing or malformed.
    pub fn read(record: Record<'a>) -> Result<Self, Violation> {
        const NUMBER: &str = "a whole number, 0 or more";
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

    /// The headers of the record, without those about a letter.
    pub fn original_headers(&self) -> impl Iterator<Item = &'a Header> {
        self.record.headers.iter().filter(|header| !header::is_about_letter(header))
    }

    /// Adds the original record to a batch for the topic it was on. It says which letter it was, so that
    /// one that is rejected again can be told from one that is new.
    pub fn push_replay(&self, batch: &mut BatchBuilder, place: Place) {
        let mut headers: Vec<Header> =
            self.original_headers().filter(|(name, _)| name != REPLAYED_FROM).cloned().collect();
        headers.push((REPLAYED_FROM.to_owned(), format!("{}/{place}", self.origin.topic.dead_letters())));
        batch.push_with_headers(self.record.key, self.record.value, headers);
    }

    /// Adds the marker that says what was done about the letter at `place` to a batch for the dead-letter
    /// topic. Publish it after a replayed record, never before.
    pub fn push_marker(&self, batch: &mut BatchBuilder, settlement: Settlement, place: Place) {
        let header = (settlement.header().to_owned(), place.to_string());
        batch.push_with_headers(self.record.key, b"", vec![header]);
    }
}

fn cut(reason: &str) -> &str {
    let end = (0..=MAX_REASON_BYTES).rev().find(|&at| reason.is_char_boundary(at)).unwrap_or(0);
    if reason.len() <= MAX_REASON_BYTES { reason } else { &reason[..end] }
}

#[cfg(test)]
mod tests {
    use super::super::REPLAYED;
    use super::*;
    use proptest::prelude::*;

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
        let record = Record { key: b"\xff", value: b"\x00{", headers: &original };
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
        assert_eq!(batch.get(0), Record { key: b"\xff", value: b"\x00{", headers: &expected });
    }

    #[test]
    fn a_letter_is_read_as_it_was_written() {
        let original = [header("trace", "1"), header(REASON, "forged"), header(REPLAYED, "0/0")];
        let record = Record { key: b"k", value: b"v", headers: &original };
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
        letter("bad", Record { key: b"", value: b"", headers: &[] }).push(&mut batch);
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
        let record = Record { key: b"k", value: b"v", headers: &original };
        let mut batch = BatchBuilder::default();
        letter("bad", record).push_replay(&mut batch, Place { partition: 2, offset: 7 });
        let batch = batch.finish();
        let expected = [header("trace", "1"), header(REPLAYED_FROM, "metrics.dead/2/7")];
        assert_eq!(batch.get(0), Record { headers: &expected, ..record });
    }

    proptest! {
        #[test]
        fn no_headers_panic(
            headers in prop::collection::vec((r"watchkeeper\.(reason|topic|offset)", ".{0,8}"), 0..8)
        ) {
            let _ = DeadLetter::read(Record { key: b"", value: b"", headers: &headers });
        }
    }
}
