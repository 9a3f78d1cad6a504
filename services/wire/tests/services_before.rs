//! Records that the services of the previous platform read, and those that they write.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::sync::Arc;
use watchkeeper_domain::{Note, Sample, Series, Timestamp};
use watchkeeper_port_contract::services_before;
use watchkeeper_ports::{BatchBuilder, Record};
use watchkeeper_wire::Decoded;
use watchkeeper_wire::dead_letter::{DeadLetter, Place};
use watchkeeper_wire::sample::{SampleDecoder, push_sample};

fn record(labels: &[(&str, &str)], unit: &str) -> (Sample, BatchBuilder) {
    let series = Series::new("GitHub", "stargazers_count", unit, labels).unwrap();
    let collected_at = "2026-11-20T10:00:00.123456Z".parse().unwrap();
    let sample = Sample::new(Arc::new(series), collected_at, 125_000.5);
    let mut batch = BatchBuilder::default();
    push_sample(&mut batch, &sample);
    (sample, batch)
}

fn assert_read_by_them(written: &[u8], sample: &Sample) {
    let metric = services_before::read(written).unwrap();
    assert_eq!((&*metric.source, &*metric.name), (sample.series.source(), sample.series.name()));
    assert_eq!((metric.collected_at, metric.value), (Some(sample.collected_at), sample.value));
    let labels = metric.labels.expect("it is a map, also when there are no labels");
    let labels: Vec<_> = labels.iter().map(|(name, value)| (&**name, value.as_str().unwrap())).collect();
    assert_eq!(labels, sample.series.labels().collect::<Vec<_>>());
}

#[test]
fn what_we_write_is_read_by_them_with_its_labels_and_its_time() {
    for (labels, unit) in [(&[("repository", "golang/go")][..], ""), (&[], "stars"), (&[], "")] {
        let (sample, batch) = record(labels, unit);
        assert_read_by_them(batch.finish().get(0).value, &sample);
    }
}

#[test]
fn a_sample_with_a_note_is_read_by_them_without_it() {
    let (sample, _) = record(&[("repository", "golang/go")], "stars");
    let noted = sample.clone().with_note(Note::new("as of today").unwrap());
    let mut batch = BatchBuilder::default();
    push_sample(&mut batch, &noted);
    assert_read_by_them(batch.finish().get(0).value, &sample);
}

#[test]
fn what_is_replayed_is_read_by_them_and_has_its_key() {
    let (sample, batch) = record(&[("cached", "true")], "");
    let batch = batch.finish();
    let letter = DeadLetter {
        reason: "there was no room",
        rejected_by: "persister",
        rejected_at: Timestamp::MIN,
        origin: watchkeeper_ports::TopicPartition::new(watchkeeper_ports::Topic::METRICS, 0),
        offset: 0,
        record: batch.get(0),
    };
    let mut replayed = BatchBuilder::default();
    letter.push_replay(&mut replayed, Place { partition: 0, offset: 0 });
    let replayed = replayed.finish();
    assert_read_by_them(replayed.get(0).value, &sample);
    let decoded = SampleDecoder::new().decode_sample(replayed.get(0));
    assert_eq!(decoded, Ok(Decoded::Item(sample)), "it is none of their copies");
}

/// As `json.Marshal` writes their struct.
const WRITTEN_BY_THEM: &str = concat!(
    r#"{"ID":0,"Source":"GitHub","Name":"stargazers_count","Value":125000,"#,
    r#""Labels":{"repository":"golang/go"},"CollectedAt":"2026-11-29T10:00:00.123456789+01:00"}"#
);

#[test]
fn what_they_write_is_read_by_us() {
    let decode = |value: &str| {
        let record = Record { key: b"", value: value.as_bytes(), headers: &[], incomplete: None };
        SampleDecoder::new().decode_sample(record).unwrap().item().unwrap()
    };
    let sample = decode(WRITTEN_BY_THEM);
    assert_eq!(sample.series.key(), r#"GitHub/stargazers_count{repository="golang/go"}"#);
    assert_eq!(
        (sample.value, sample.collected_at.to_string()),
        (125_000.0, "2026-11-29T09:00:00.123456Z".into())
    );
    let without = decode(&WRITTEN_BY_THEM.replace(r#"{"repository":"golang/go"}"#, "null"));
    assert_eq!(without.series.key(), "GitHub/stargazers_count");
    let numbers = decode(&WRITTEN_BY_THEM.replace(r#""golang/go""#, "7"));
    assert_eq!(numbers.series.label("repository"), Some("7"));
}
