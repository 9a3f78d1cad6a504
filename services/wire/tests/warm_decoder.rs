//! What a decoder remembers never changes its answer, whoever wrote the records.

use proptest::prelude::*;
use watchkeeper_ports::Record;
use watchkeeper_wire::sample::SampleDecoder;

/// Pieces of samples, whole and broken, that a record may be put together from.
const PIECES: &[&str] = &[
    r#"{"source":"s","name":"n""#,
    r#"{"source":"s","name":"n","labels":{"a":"b""#,
    r#"{"source":"s","name":"n","labels":{"a":"b"}"#,
    r#"{"source":"s","name":"n","labels":{"cached":"true"}"#,
    r#"{"source":"s","name":"n","labels":[1"#,
    r#"{"value":5,"source":"s","name":"n","labels":{"a":1"#,
    r#"{"value":5,"collected_at":"2026-11-20T10:00:00Z","source":"s","name":"n","x":{"a":1"#,
    r#"{"Value":5,"source":"s","name":"n""#,
    r#"{"v\u0061lue":5,"source":"s","name":"n""#,
    r#"{"source":"s","name":"n","x":{"a":1"#,
    r#"{"source":"s","name":"n","x":[{"a":1"#,
    r#"{"source":"s","name":"n","x":"y"#,
    r#"{"source":"s","name":"n","x":"y\"#,
    r#"{"source":"s","name":"n","x":1"#,
    r#"{"source":"s","name":"n","x":-"#,
    r#"{"source":"s","name":"n","x":tru"#,
    r#"{"source":"s","name":"n","x":"#,
    r#"{"source":"s","name":"n","x""#,
    r#"{"source":"s","#,
    r#","unit":"u""#,
    r#","name":"n2""#,
    r#","CollectedAt":"2026-11-20T10:00:00Z""#,
    r#","value":1"#,
    r#","value":1}"#,
    r#","value":[1"#,
    r#","value": 2 "#,
    r#","value":1e999"#,
    r#","value":"1""#,
    r#","collected_at":"2026-11-20T10:00:00Z""#,
    r#","collected_at":"2026-11-20T10:00:0\u0030Z""#,
    r#","collected_at":"#,
    "\"",
    "\\",
    "}",
    "]",
    ",",
    " ",
];

const TAILS: &[&str] = &[
    r#","value":1,"collected_at":"2026-11-20T10:00:00Z"}"#,
    r#","value":-2.5e3,"collected_at":"2026-11-20T11:00:00.5+01:00"}"#,
    r#","value": 3 ,"collected_at":"2026-11-20T10:00:00Z[UTC]"}"#,
    r#","value":1},"collected_at":"2026-11-20T10:00:00Z"}"#,
    r#","value":1,"collected_at":"2026-11-20T10:00:00Z"}}"#,
    r#","value":1,"collected_at":"2026-11-20T10:00:00Z\"}"#,
    r#","value":1,"collected_at":"2026-11-20T10:00:00Z","x":""}"#,
    r#","value":01,"collected_at":"2026-11-20T10:00:00Z"}"#,
    r#","value":1,"collected_at":"never"}"#,
    r#","value":2,"CollectedAt":"2026-11-20T10:00:00Z"}"#,
    r#","value":1},"CollectedAt":"2026-11-20T10:00:00Z"}"#,
    r#","value":1,"CollectedAt":"2026-11-20T10:00:00Z","collected_at":"2026-11-20T10:00:00Z"}"#,
    r#","value":1,"collected_at":"2026-11-20T10:00:00Z","CollectedAt":"2026-11-20T10:00:00Z"}"#,
    r#","value":1}"#,
    r"}",
    r"",
];

/// Prefixes in many combinations with tails, so that what was learnt from one is tried on the others.
fn any_records() -> impl Strategy<Value = Vec<String>> {
    let prefix = (prop::sample::select(PIECES), prop::collection::vec(prop::sample::select(PIECES), 0..4))
        .prop_map(|(first, rest)| first.to_owned() + &rest.concat());
    let prefixes = prop::collection::vec(prefix, 1..4);
    (prefixes, Just(TAILS.to_vec()).prop_shuffle()).prop_map(|(prefixes, tails)| {
        let record = |(prefix, tail): (&String, &str)| format!("{prefix}{tail}");
        tails.iter().flat_map(|&tail| prefixes.iter().map(move |prefix| (prefix, tail))).map(record).collect()
    })
}

/// One byte of a record changed to another that means something in JSON.
fn any_mutants() -> impl Strategy<Value = Vec<String>> {
    let mark = prop::sample::select(&b"{}[]\",:\\ 0e-\n"[..]);
    let mutations = prop::collection::vec((any::<prop::sample::Index>(), mark), 1..12);
    let valid = any_records().prop_filter("some hold", |records| !records.is_empty());
    (valid, mutations).prop_map(|(mut records, mutations)| {
        for (index, mark) in mutations {
            let mut bytes = records[index.index(records.len())].clone().into_bytes();
            let at = index.index(bytes.len());
            bytes[at] = mark;
            records.extend(String::from_utf8(bytes));
        }
        records
    })
}

fn assert_memory_changes_nothing(records: &[String]) {
    let mut warm = SampleDecoder::new();
    for record in records.iter().chain(records) {
        for key in ["", "s/n{cached=\"true\"}"] {
            let (key, value) = (key.as_bytes(), record.as_bytes());
            let received = Record { key, value, headers: &[], incomplete: None };
            let cold = SampleDecoder::new().decode_sample(received);
            // As text, so that 0 and -0 are two.
            assert_eq!(format!("{:?}", warm.decode_sample(received)), format!("{cold:?}"), "{record}");
        }
    }
}

/// How many records the decoder accepts: tests that compare refusals only would prove little.
fn accepted(records: &[String]) -> usize {
    let mut decoder = SampleDecoder::new();
    records.iter().filter(|record| decoder.decode(record.as_bytes()).is_ok()).count()
}

#[test]
fn each_piece_with_each_tail_is_decoded_alike_warm_and_cold() {
    let mut records = Vec::new();
    for first in PIECES {
        for second in PIECES.iter().chain(&[""]) {
            records.extend(TAILS.iter().map(|tail| format!("{first}{second}{tail}")));
        }
    }
    assert_memory_changes_nothing(&records);
    assert!(accepted(&records) > 50, "{}", accepted(&records));
}

#[test]
fn a_tail_inside_an_inner_object_is_not_learnt_from() {
    let prefix = r#"{"value":5,"source":"s","name":"n","labels":{"a":"b""#;
    let tail = r#","value":1},"collected_at":"2026-11-20T10:00:00Z"}"#;
    let learnt_from = format!("{prefix}{tail}");
    let mut decoder = SampleDecoder::new();
    assert!(decoder.decode(learnt_from.as_bytes()).is_ok_and(|sample| sample.value > 4.0));
    let unclosed = format!(r#"{prefix},"value":7,"collected_at":"2026-11-20T10:00:00Z"}}"#);
    assert!(decoder.decode(unclosed.as_bytes()).unwrap_err().reason.contains("EOF"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_changes_no_answer(records in any_records()) {
        assert_memory_changes_nothing(&records);
    }

    #[test]
    fn memory_changes_no_answer_about_broken_records(records in any_mutants()) {
        assert_memory_changes_nothing(&records);
    }

    #[test]
    fn no_bytes_panic(record in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = SampleDecoder::new().decode(&record);
    }
}
