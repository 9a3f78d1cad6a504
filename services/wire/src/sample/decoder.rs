//! Decodes sample records; a sample of a known series costs one lookup.

use super::copy::{is_copy, is_marked};
use super::known_series::{Known, KnownSeries};
use super::tail::Tail;
use super::{SampleReader, UnknownFields};
use crate::{Decode, Decoded};
use std::sync::Arc;
use watchkeeper_domain::{Sample, Series, Timestamp, Violation};
use watchkeeper_ports::{Place, Record, Topic};

/// Decodes record values of topic `metrics`. Use one per consuming loop: it caches series, at most
/// [`MAX_KNOWN_SERIES`](super::MAX_KNOWN_SERIES).
///
/// The cache never changes the result, whoever wrote the records. A record that consists of a prefix and a tail
/// `,"value":NUMBER,"CollectedAt":"TIME"}` gets the series of an earlier record with the same prefix and such a tail,
/// which was decoded in full. In either tail the time may be spelled `"collected_at"`, as in earlier versions. Decoding
/// in full would give the same result:
///
/// 1. Between prefix and tail of the earlier record, the parser was after a value, directly in the
///    outermost object. Anywhere else `,"value":` would have been an error: in a string it ends the
///    string with letters after it, or is a broken escape; in an array, after a key, before a value or
///    after the object it is a syntax error; and in an inner object the tail's only `}` would have left
///    the outermost open.
/// 2. In this record the parser is there too, having read the same bytes (a number at the end of the
///    prefix ends at the tail's comma in both). So what follows is two more fields of the sample, both
///    valid JSON, and the end of it.
/// 3. The prefix has no `value` and no `collected_at` among the fields of the sample, in any spelling, or the
///    earlier record would have been refused for giving one twice. So both come from the tail.
/// 4. All other fields are in the prefix, and have the same values as before. None of them is a note: a prefix that
///    has one is not cached.
#[derive(Debug)]
pub struct SampleDecoder {
    known: KnownSeries,
}

impl SampleDecoder {
    /// A decoder with an empty cache.
    pub fn new() -> Self {
        Self { known: KnownSeries::new() }
    }

    /// Decodes the JSON of one sample.
    ///
    /// # Errors
    /// Names the first invalid field; `sample` means the record as a whole.
    pub fn decode(&mut self, record: &[u8]) -> Result<Sample, Violation> {
        self.read(record).map(|(sample, _)| sample)
    }

    /// Decodes a record, wherever it is. Also recognises copies.
    ///
    /// # Errors
    /// As [`Self::decode`]; `record` means that it is too large or unreadable.
    pub fn decode_sample(&mut self, record: Record<'_>) -> Result<Decoded<Sample>, Violation> {
        let (sample, is_marked) = self.read(record.whole_value()?)?;
        let copy = is_copy(record.key, &sample.series, is_marked);
        Ok(if copy { Decoded::Copy } else { Decoded::Item(sample) })
    }

    /// The sample, and whether its series has the label of copies.
    fn read(&mut self, record: &[u8]) -> Result<(Sample, bool), Violation> {
        let Some(tail) = Tail::of(record) else {
            let sample = decode_in_full(record)?;
            let is_marked = is_marked(&sample.series);
            return Ok((sample, is_marked));
        };
        if let Some(Known { series, is_marked }) = self.known.get(tail.prefix) {
            return Ok((Sample::new(series, tail.collected_at, tail.value), is_marked));
        }
        let sample = decode_in_full(record)?;
        let known = Known::of(Arc::clone(&sample.series));
        let is_marked = known.is_marked;
        if sample.note.is_none() {
            self.known.insert(tail.prefix, known);
        }
        Ok((sample, is_marked))
    }
}

impl Decode for SampleDecoder {
    type Item = Sample;

    const TOPIC: Topic = Topic::METRICS;
    const ITEMS: &'static str = "samples";

    fn decode_record(&mut self, record: Record<'_>, _: Place<'_>) -> Result<Decoded<Sample>, Violation> {
        self.decode_sample(record)
    }

    fn instant(sample: &Sample) -> Timestamp {
        sample.collected_at
    }
}

impl Default for SampleDecoder {
    fn default() -> Self {
        Self::new()
    }
}

fn decode_in_full(record: &[u8]) -> Result<Sample, Violation> {
    let json = str::from_utf8(record).map_err(|error| {
        Violation::new("sample", format!("is not UTF-8 from byte {} on", error.valid_up_to()))
    })?;
    let mut reader = SampleReader::new();
    let view = reader.read(json, UnknownFields::Ignore)?;
    let collected_at = view.collected_at.ok_or_else(|| Violation::new("collected_at", "is missing"))?;
    let series = Arc::new(Series::from_parts(&view.series())?);
    Ok(Sample { series, collected_at, value: view.value, note: view.note })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::MAX_KNOWN_PREFIX_BYTES;

    fn refused(record: &[u8]) -> String {
        SampleDecoder::new().decode(record).unwrap_err().to_string()
    }

    #[test]
    fn samples_of_a_known_series_share_it() {
        let mut decoder = SampleDecoder::new();
        let mut decode = |value, time| {
            let record = format!(
                r#"{{"source":"host","name":"load","extra":1,"value":{value},"collected_at":"{time}"}}"#
            );
            decoder.decode(record.as_bytes()).unwrap()
        };
        let first = decode("1", "2026-11-20T10:00:00Z");
        let second = decode("-2.5e-3", "2026-11-20T10:00:00.000001Z");
        assert!(Arc::ptr_eq(&first.series, &second.series));
        assert_eq!((first.value, second.value), (1.0, -0.0025));
        assert_eq!(second.collected_at.to_string(), "2026-11-20T10:00:00.000001Z");
    }

    #[test]
    fn a_sample_of_a_known_series_may_spell_its_time_as_earlier_versions_do() {
        let mut decoder = SampleDecoder::new();
        let mut decode = |field| {
            let record = format!(
                r#"{{"source":"host","name":"load","labels":{{}},"value":1,"{field}":"2026-11-20T10:00:00Z"}}"#
            );
            decoder.decode(record.as_bytes()).unwrap()
        };
        let (first, second) = (decode("CollectedAt"), decode("collected_at"));
        assert!(Arc::ptr_eq(&first.series, &second.series));
        assert_eq!(first, second);
    }

    #[test]
    fn a_note_is_read_wherever_it_is_and_of_its_own_sample_only() {
        let mut decoder = SampleDecoder::new();
        let mut note = |before: &str, after: &str| {
            let record = format!(
                r#"{{"source":"uptime","name":"up"{before},"value":0,"CollectedAt":"2026-11-20T10:00:00Z"{after}}}"#
            );
            decoder.decode(record.as_bytes()).unwrap().note.map(|note| note.to_string())
        };
        for _known in [false, true] {
            assert_eq!(note("", r#","note":"refused""#).as_deref(), Some("refused"));
            assert_eq!(note(r#","note":"timed out""#, "").as_deref(), Some("timed out"));
            assert_eq!(note("", ""), None);
        }
    }

    #[test]
    fn a_copy_is_told_from_a_sample_whether_its_series_is_known_or_not() {
        let mut decoder = SampleDecoder::new();
        let series = |cached| format!(r#"{{"source":"a","name":"b","labels":{{"cached":{cached}}}"#);
        let tails = [
            r#","value":1,"CollectedAt":"2026-11-20T10:00:00Z"}"#,
            r#","value":1,"collected_at":"2026-11-20T10:00:00Z"}"#,
            r#","CollectedAt":"2026-11-20T10:00:00Z","value":1}"#,
        ];
        for tail in tails.iter().chain(&tails) {
            // Labels of any JSON type become text: this one is a string.
            for (cached, is_copy) in [("\"true\"", true), ("true", true), ("\"false\"", false)] {
                let value = series(cached) + tail;
                let mut decode = |key: &str| {
                    let record = Record {
                        key: key.as_bytes(),
                        value: value.as_bytes(),
                        headers: &[],
                        incomplete: None,
                    };
                    decoder.decode_sample(record).unwrap()
                };
                let own_key = format!("a/b{{cached=\"{}\"}}", cached.trim_matches('"'));
                assert_eq!(decode("") == Decoded::Copy, is_copy, "{value}");
                assert_eq!(decode("a/b") == Decoded::Copy, is_copy, "{value}");
                assert!(decode(&own_key).item().is_some(), "{value}");
            }
        }
    }

    #[test]
    fn a_series_too_long_to_be_remembered_is_decoded_all_the_same() {
        let filler = "x".repeat(MAX_KNOWN_PREFIX_BYTES);
        let record = format!(
            r#"{{"source":"a","name":"b","c":"{filler}","value":1,"collected_at":"2026-11-20T10:00:00Z"}}"#
        );
        let mut decoder = SampleDecoder::new();
        assert_eq!(decoder.decode(record.as_bytes()), decoder.decode(record.as_bytes()));
        assert!(decoder.decode(record.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_refused_names_the_field() {
        assert_eq!(refused(br#"{"source":"a","name":"b","value":1}"#), "collected_at: is missing");
        assert_eq!(
            refused(br#"{"source":"a","name":"b","value":"1","collected_at":"2026-11-20T10:00:00Z"}"#),
            "value: must be a number, is a string"
        );
        assert_eq!(refused(b"{\"a\":\"\xff\"}"), "sample: is not UTF-8 from byte 6 on");
        assert!(refused(b"").starts_with("sample: is not valid JSON"));
        let twice = br#"{"source":"a","name":"b","value":1,"collected_at":"2026-11-20T10:00:00Z","CollectedAt":"2026-11-20T10:00:00Z"}"#;
        assert_eq!(refused(twice), "CollectedAt: is given twice");
    }
}
