//! From the bytes of a body to the records that are published.

use crate::arrival::ArrivalClock;
use crate::refusal::{refused, too_large};
use crate::repeats::{Repeat, Repeats};
use axum::http::StatusCode;
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Violation, limits};
use watchkeeper_ports::{BatchBuilder, RecordBatch};
use watchkeeper_runtime::http::{MAX_FIELD_ERRORS, Problem};
use watchkeeper_wire::body::{BodyError, BodyFormat, for_each_item};
use watchkeeper_wire::sample::{SampleReader, UnknownFields, write_parts};

/// What a body came to.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// A record for each accepted sample, in the order of the items.
    pub(crate) batch: RecordBatch,
    /// How many items were accepted. A sample that is given twice is accepted twice and published once.
    pub(crate) accepted: usize,
    /// How many items were refused.
    pub(crate) refused: usize,
    /// The first [`MAX_FIELD_ERRORS`] of them: index from 0, and why.
    pub(crate) listed: Vec<(usize, Violation)>,
}

/// Decodes a body that arrives at `now`, for a store that keeps samples for `retention`. An item is accepted or refused for itself; allocates nothing for
/// each sample, but for a refused one.
///
/// # Errors
/// Refuses the body as a whole: 400 if it is empty or no JSON, 413 if it has more than `max_items` items.
pub(crate) fn decode(
    body: &[u8],
    format: BodyFormat,
    max_items: usize,
    now: Timestamp,
    retention: Duration,
    arrivals: &ArrivalClock,
) -> Result<Decoded, Problem> {
    if body.trim_ascii().is_empty() {
        let reason = "is empty: send a sample, an array of samples, or one sample per line";
        return Err(refused(StatusCode::BAD_REQUEST, "body", reason));
    }
    let mut decoder = Decoder {
        now,
        retention,
        arrivals,
        reader: SampleReader::new(),
        key: String::new(),
        repeats: Repeats::default(),
        batch: room_for(body),
        decoded: Decoded::default(),
    };
    for_each_item(body, format, max_items, |index, item| decoder.take(index, item)).map_err(whole)?;
    Ok(Decoded { batch: decoder.batch.finish(), ..decoder.decoded })
}

/// What a batch of samples of the usual size needs: to let it grow would be to copy it again and again.
fn room_for(body: &[u8]) -> BatchBuilder {
    const BYTES_OF_ITEM: usize = 128;
    BatchBuilder::with_capacity(body.len() / BYTES_OF_ITEM, body.len() + body.len() / 2)
}

/// Why the whole body is refused.
fn whole(error: BodyError) -> Problem {
    let reason = match error {
        BodyError::TooManyItems { limit } => return too_large("items", limit, "max_items"),
        BodyError::Syntax(error) => format!("is not valid JSON: {error}"),
        BodyError::NotUtf8 { from_byte } => format!("is not UTF-8 from byte {from_byte} on"),
    };
    refused(StatusCode::BAD_REQUEST, "body", reason)
}

struct Decoder<'a, 'c> {
    now: Timestamp,
    retention: Duration,
    arrivals: &'c ArrivalClock,
    reader: SampleReader<'a>,
    /// Room for a series key, used again for each sample.
    key: String,
    repeats: Repeats,
    batch: BatchBuilder,
    decoded: Decoded,
}

impl<'a> Decoder<'a, '_> {
    fn take(&mut self, index: usize, item: &'a str) {
        match self.accept(index, item) {
            Ok(()) => self.decoded.accepted += 1,
            Err(violation) => {
                self.decoded.refused += 1;
                if self.decoded.listed.len() < MAX_FIELD_ERRORS {
                    self.decoded.listed.push((index, violation));
                }
            }
        }
    }

    fn accept(&mut self, index: usize, item: &'a str) -> Result<(), Violation> {
        let sample = self.reader.read(item, UnknownFields::Refuse)?;
        let series = sample.series();
        self.key.clear();
        series.write_key(&mut self.key);
        let collected_at = match sample.collected_at {
            None => self.arrivals.next(self.now),
            Some(at) => {
                limits::check_accepted(at, self.now, self.retention)?;
                match self.repeats.note(&self.key, at, sample.value, index) {
                    Repeat::None => at,
                    Repeat::Same => return Ok(()),
                    Repeat::Contradicts { earlier } => return Err(contradicts(earlier)),
                }
            }
        };
        self.batch
            .push_written(self.key.as_bytes(), |out| write_parts(out, &series, collected_at, sample.value));
        Ok(())
    }
}

fn contradicts(earlier: usize) -> Violation {
    Violation::new("value", format!("differs from item {earlier}, which is the same series at the same time"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use watchkeeper_domain::Sample;
    use watchkeeper_wire::sample::SampleDecoder;

    const NOW: &str = "2026-11-20T10:00:00Z";
    const MAX_ITEMS: usize = 1000;
    const RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);

    fn decoded(body: &str, format: BodyFormat) -> Result<Decoded, Problem> {
        decode(body.as_bytes(), format, MAX_ITEMS, NOW.parse().unwrap(), RETENTION, &ArrivalClock::default())
    }

    fn lines(lines: &[&str]) -> Decoded {
        decoded(&lines.join("\n"), BodyFormat::NdJson).unwrap()
    }

    fn published(decoded: &Decoded) -> Vec<Sample> {
        let mut reader = SampleDecoder::new();
        decoded.batch.iter().map(|record| reader.decode(record.value).unwrap()).collect()
    }

    fn refusals(decoded: &Decoded) -> Vec<String> {
        decoded.listed.iter().map(|(index, violation)| format!("{index} {violation}")).collect()
    }

    #[test]
    fn a_record_is_keyed_by_its_series_and_holds_the_canonical_json() {
        let go = r#"{"ID":"1","Source":"github","Name":"stars","Value":1.25e5,"Labels":{"b":2,"a":"1"},
            "CollectedAt":"2026-11-20T12:00:00+03:00"}"#;
        let decoded = decoded(go, BodyFormat::Json).unwrap();
        assert_eq!(decoded.batch.get(0).key, br#"github/stars{a="1",b="2"}"#);
        assert_eq!(
            str::from_utf8(decoded.batch.get(0).value).unwrap(),
            concat!(
                r#"{"source":"github","name":"stars","labels":{"a":"1","b":"2"},"#,
                r#""value":125000,"collected_at":"2026-11-20T09:00:00Z"}"#
            )
        );
    }

    #[test]
    fn the_items_around_a_bad_one_are_accepted() {
        let decoded = lines(&[
            r#"{"source":"a","name":"n","value":1}"#,
            r#"{"source":"a","name":"n"}"#,
            "{oops",
            r#"{"source":"a","name":"n","value":2}"#,
        ]);
        assert_eq!((decoded.accepted, decoded.refused), (2, 2));
        assert_eq!(published(&decoded).iter().map(|sample| sample.value).collect::<Vec<_>>(), [1.0, 2.0]);
        assert_eq!(refusals(&decoded)[0], "1 value: is missing");
        assert!(refusals(&decoded)[1].starts_with("2 sample: is not valid JSON"));
    }

    #[test]
    fn samples_without_a_time_get_the_time_of_arrival_each_its_own() {
        let decoded = lines(&[r#"{"source":"a","name":"n","value":1}"#; 100]);
        let times: BTreeSet<_> = published(&decoded).iter().map(|sample| sample.collected_at).collect();
        assert_eq!((times.len(), times.first().unwrap().to_string().as_str()), (100, NOW));
    }

    #[test]
    fn a_time_is_taken_from_the_retention_on_up_to_the_limit_ahead_of_the_clock() {
        let at = |time| format!(r#"{{"source":"a","name":"n","value":1,"collected_at":"{time}"}}"#);
        let decoded = lines(&[
            &at("2026-11-20T10:10:00Z"),
            &at("2026-11-20T10:10:01Z"),
            &at("2026-08-22T10:00:00Z"),
            &at("2026-08-22T09:59:59.999999Z"),
            &at("1970-01-01T00:00:00Z"),
        ]);
        assert_eq!(
            refusals(&decoded),
            [
                "1 collected_at: is 601 s in the future, the limit is 600 s",
                "3 collected_at: is 2026-08-22T09:59:59.999999Z, older than the retention of 90 days",
                "4 collected_at: is 1970-01-01T00:00:00Z, older than the retention of 90 days",
            ]
        );
        assert_eq!(decoded.batch.len(), 2);
    }

    #[test]
    fn a_sample_given_twice_is_published_once_and_one_that_contradicts_it_is_refused() {
        let item = |name, second, value| {
            format!(
                r#"{{"source":"a","name":"{name}","labels":{{"l":"v"}},"value":{value},"collected_at":"2026-11-20T10:00:0{second}Z"}}"#
            )
        };
        let go = item("n", 0, "1.0").replace("source", "Source").replace("value", "Value");
        let decoded = lines(&[
            &item("n", 0, "1"),
            &item("n", 1, "1"),
            &item("m", 0, "2"),
            &go,
            &item("n", 0, "3"),
            &item("n", 0, "1"),
        ]);
        assert_eq!((decoded.accepted, decoded.batch.len()), (5, 3));
        assert_eq!(
            refusals(&decoded),
            ["4 value: differs from item 0, which is the same series at the same time"]
        );
    }

    #[test]
    fn as_many_refusals_are_listed_as_the_limit_and_all_are_counted() {
        let decoded = lines(&["{}"; MAX_FIELD_ERRORS + 1]);
        assert_eq!((decoded.refused, decoded.listed.len()), (MAX_FIELD_ERRORS + 1, MAX_FIELD_ERRORS));
    }

    #[test]
    fn a_body_that_is_empty_or_no_json_or_has_too_many_items_is_refused_whole() {
        let refused = |body: &str, format| {
            let problem = decoded(body, format).unwrap_err();
            (problem.status().as_u16(), problem.detail().to_owned())
        };
        let empty = "body: is empty: send a sample, an array of samples, or one sample per line";
        for body in ["", " \n\t"] {
            for format in [BodyFormat::Json, BodyFormat::NdJson] {
                assert_eq!(refused(body, format), (400, empty.to_owned()));
            }
        }
        let broken = "body: is not valid JSON: EOF while parsing a list at line 1 column 3";
        assert_eq!(refused("[{}", BodyFormat::Json), (400, broken.to_owned()));
        let most = "{}\n".repeat(MAX_ITEMS);
        assert_eq!(decoded(&most, BodyFormat::NdJson).unwrap().refused, MAX_ITEMS);
        let reason = "body: has more than 1000 items, the limit set by `max_items` in [ingest]";
        assert_eq!(refused(&(most + "{}"), BodyFormat::NdJson), (413, reason.to_owned()));
    }

    #[test]
    fn an_array_may_be_empty() {
        let decoded = decoded("[]", BodyFormat::Json).unwrap();
        assert_eq!((decoded.accepted, decoded.refused, decoded.batch.len()), (0, 0, 0));
    }

    #[test]
    fn a_body_is_decoded_without_memory_for_each_sample() {
        /// Room that grows by doubling: the labels, the key, the parts of the batch, what was seen.
        const MOST_ALLOCATIONS: u64 = 80;
        let item = |second: i64| {
            format!(
                r#"{{"source":"edge","name":"temperature","labels":{{"room":"r","floor":"3","site":"n"}},"value":{second},"collected_at":"{}"}}"#,
                Timestamp::from_micros(second * 1_000_000).unwrap()
            )
        };
        let now = NOW.parse::<Timestamp>().unwrap().as_micros() / 1_000_000;
        let body: Vec<String> = (now - 1000..now).map(item).collect();
        let body = body.join("\n");
        let mut accepted = 0;
        let cost =
            allocation_counter::measure(|| accepted = decoded(&body, BodyFormat::NdJson).unwrap().accepted);
        assert_eq!(accepted, 1000);
        assert!(cost.count_total <= MOST_ALLOCATIONS, "{} allocations", cost.count_total);
    }

    /// A line that is a sample, or nearly one, or not at all.
    fn any_line() -> impl Strategy<Value = String> {
        let field = prop_oneof![
            Just(r#""source":"a""#),
            Just(r#""name":"n""#),
            Just(r#""value":1"#),
            Just(r#""value":"1""#),
            Just(r#""labels":{"l":"v"}"#),
            Just(r#""collected_at":"2026-11-20T10:00:00Z""#),
            Just(r#""unit":5"#),
        ];
        let object =
            prop::collection::vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(",")));
        prop_oneof![4 => object, 1 => r#"[{}\[\],:"\\a-c0-9 u-]{1,20}"#]
    }

    proptest! {
        #[test]
        fn every_line_is_accepted_or_refused(items in prop::collection::vec(any_line(), 1..20)) {
            let body = items.join("\n");
            let count = body.lines().filter(|line| !line.trim_ascii().is_empty()).count();
            if let Ok(decoded) = decoded(&body, BodyFormat::NdJson) {
                prop_assert_eq!(decoded.accepted + decoded.refused, count);
                prop_assert!(decoded.batch.len() <= decoded.accepted);
                prop_assert_eq!(published(&decoded).len(), decoded.batch.len());
            }
        }

        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
            for format in [BodyFormat::Json, BodyFormat::NdJson] {
                let _ = decode(&body, format, MAX_ITEMS, NOW.parse().unwrap(), RETENTION, &ArrivalClock::default());
            }
        }
    }
}
