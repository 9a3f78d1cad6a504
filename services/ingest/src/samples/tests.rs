use super::*;
use crate::config::{IngestConfig, SeriesLimits};
use crate::decode::{BATCH_BYTES, BATCH_RECORDS, Decoded};
use proptest::prelude::*;
use std::collections::BTreeSet;
use watchkeeper_domain::Sample;
use watchkeeper_ports::RecordBatch;
use watchkeeper_runtime::http::{MAX_FIELD_ERRORS, Problem};
use watchkeeper_wire::body::BodyFormat;
use watchkeeper_wire::sample::SampleDecoder;

const NOW: &str = "2026-11-20T10:00:00Z";
const MAX_ITEMS: usize = 1000;
const RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);

fn decoded(body: &str, format: BodyFormat) -> Result<Decoded, Problem> {
    decoded_within(IngestConfig::default().series, body.as_bytes(), format)
}

fn decoded_within(limits: SeriesLimits, body: &[u8], format: BodyFormat) -> Result<Decoded, Problem> {
    decoded_up_to(MAX_ITEMS, limits, body, format)
}

fn samples_within(series: SeriesLimits) -> Samples {
    let config = Reloadable::new(IngestConfig { series, ..IngestConfig::default() });
    Samples::new(config, Box::new(|| RETENTION), &Registry::new()).unwrap()
}

fn decoded_up_to(
    max_items: usize,
    limits: SeriesLimits,
    body: &[u8],
    format: BodyFormat,
) -> Result<Decoded, Problem> {
    let samples = samples_within(limits);
    let config = IngestConfig { max_items, ..IngestConfig::default() };
    samples.decode(&None.into(), body, format, &config, NOW.parse().unwrap())
}

/// However many items it has.
fn whole(lines: &str) -> Decoded {
    let limits = IngestConfig::default().series;
    decoded_up_to(usize::MAX, limits, lines.as_bytes(), BodyFormat::NdJson).unwrap()
}

fn lines(lines: &[&str]) -> Decoded {
    decoded(&lines.join("\n"), BodyFormat::NdJson).unwrap()
}

fn published(decoded: &Decoded) -> Vec<Sample> {
    let mut reader = SampleDecoder::new();
    let records = decoded.batches.iter().flat_map(RecordBatch::iter);
    records.map(|record| reader.decode(record.value).unwrap()).collect()
}

fn refusals(decoded: &Decoded) -> Vec<String> {
    decoded.listed.iter().map(|(index, violation)| format!("{index} {violation}")).collect()
}

#[test]
fn a_record_is_keyed_by_its_series_and_holds_the_canonical_json() {
    let go = r#"{"ID":"1","Source":"github","Name":"stars","Value":1.25e5,"Labels":{"b":2,"a":"1"},
        "CollectedAt":"2026-11-20T12:00:00+03:00"}"#;
    let decoded = decoded(go, BodyFormat::Json).unwrap();
    assert_eq!(decoded.batches[0].get(0).key, br#"github/stars{a="1",b="2"}"#);
    assert_eq!(
        str::from_utf8(decoded.batches[0].get(0).value).unwrap(),
        concat!(
            r#"{"source":"github","name":"stars","labels":{"a":"1","b":"2"},"#,
            r#""value":125000,"CollectedAt":"2026-11-20T09:00:00Z"}"#
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
fn the_items_around_one_that_is_not_utf8_are_accepted() {
    let item = |bytes: &[u8]| [b"{\"source\":\"a\",\"name\":\"n\",\"value\":", bytes, b"}"].concat();
    let items = [item(b"1"), item(b"\"\xff\""), item(b"2")];
    for (body, format) in [
        (items.join(&b'\n'), BodyFormat::NdJson),
        ([b"[", &items.join(&b',')[..], b"]"].concat(), BodyFormat::Json),
    ] {
        let decoded = decoded_within(IngestConfig::default().series, &body, format).unwrap();
        assert_eq!(published(&decoded).iter().map(|sample| sample.value).collect::<Vec<_>>(), [1.0, 2.0]);
        assert_eq!(refusals(&decoded), ["1 sample: is not UTF-8 from byte 34 on"]);
    }
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
    assert_eq!(published(&decoded).len(), 2);
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
    assert_eq!((decoded.accepted, published(&decoded).len()), (5, 3));
    assert_eq!(
        refusals(&decoded),
        ["4 value: differs from item 0, which is the same series at the same time"]
    );
}

#[test]
fn samples_of_more_series_than_the_limit_are_refused_and_those_of_others_are_accepted() {
    let item = |name, more| format!(r#"{{"source":"a","name":"{name}","value":1{more}}}"#);
    let ahead = r#","collected_at":"2027-11-20T10:00:00Z""#;
    let items = [item("n", ""), item("x", ahead), item("m", ""), item("o", ""), item("n", "")];
    let limits = SeriesLimits { per_token: 2, in_all: 9 };
    let decoded = decoded_within(limits, items.join("\n").as_bytes(), BodyFormat::NdJson).unwrap();
    assert_eq!((decoded.accepted, decoded.refused, decoded.without_room), (3, 2, 1));
    assert!(refusals(&decoded)[0].starts_with("1 collected_at: is "), "no series is counted for it");
    assert!(refusals(&decoded)[1].starts_with("3 series: is new, and "), "{:?}", refusals(&decoded));
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
fn the_records_of_a_large_body_are_in_batches_that_a_bus_takes_in_the_order_of_the_items() {
    let label = "x".repeat(limits::MAX_LABEL_VALUE_BYTES);
    let item = |value| {
        format!(r#"{{"source":"a","name":"n","labels":{{"a":"{label}","b":"{label}"}},"value":{value}}}"#)
    };
    let items: Vec<_> = (0..BATCH_BYTES / (3 * label.len())).map(item).collect();
    let decoded = whole(&items.join("\n"));
    let sizes: Vec<_> = decoded.batches.iter().map(RecordBatch::size_bytes).collect();
    let largest_record = 8 * label.len();
    assert!(sizes.len() > 1 && sizes.iter().all(|size| *size < BATCH_BYTES + largest_record), "{sizes:?}");
    assert!(published(&decoded).iter().map(|sample| sample.value).is_sorted());
    assert_eq!(published(&decoded).len(), items.len());

    let small = vec![r#"{"source":"a","name":"n","value":1}"#; BATCH_RECORDS + 1].join("\n");
    let decoded = whole(&small);
    let counts: Vec<_> = decoded.batches.iter().map(RecordBatch::len).collect();
    assert_eq!(counts, [BATCH_RECORDS, 1]);
}

#[test]
fn an_array_may_be_empty() {
    let decoded = decoded("[]", BodyFormat::Json).unwrap();
    assert_eq!((decoded.accepted, decoded.refused, published(&decoded).len()), (0, 0, 0));
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
    let samples = samples_within(IngestConfig::default().series);
    let (sender, now, mut accepted) = (None.into(), NOW.parse().unwrap(), 0);
    let config = IngestConfig { max_items: MAX_ITEMS, ..IngestConfig::default() };
    let decode = || samples.decode(&sender, body.as_bytes(), BodyFormat::NdJson, &config, now);
    let cost = allocation_counter::measure(|| accepted = decode().unwrap().accepted);
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
    let object = prop::collection::vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(",")));
    prop_oneof![4 => object, 1 => r#"[{}\[\],:"\\a-c0-9 u-]{1,20}"#]
}

proptest! {
    #[test]
    fn every_line_is_accepted_or_refused(items in prop::collection::vec(any_line(), 1..20)) {
        let body = items.join("\n");
        let count = body.lines().filter(|line| !line.trim_ascii().is_empty()).count();
        if let Ok(decoded) = decoded(&body, BodyFormat::NdJson) {
            prop_assert_eq!(decoded.accepted + decoded.refused, count);
            prop_assert!(published(&decoded).len() <= decoded.accepted);
        }
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
        for format in [BodyFormat::Json, BodyFormat::NdJson] {
            let _ = decoded_within(IngestConfig::default().series, &body, format);
        }
    }
}
