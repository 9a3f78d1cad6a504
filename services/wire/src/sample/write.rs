//! Writes samples.

use serde::Serialize;
use std::io::Write as _;
use watchkeeper_domain::{Note, Sample, SeriesParts, Timestamp};
use watchkeeper_ports::BatchBuilder;

/// Appends the JSON of a sample to `out`, in the form of a record.
pub fn write_sample(out: &mut Vec<u8>, sample: &Sample) {
    let series = &sample.series;
    write_series(out, series.source(), series.name(), series.unit(), series.labels());
    write_measured(out, sample.collected_at, sample.value, sample.note.as_ref());
}

/// Appends the JSON of a sample given in parts to `out`; `value` must be finite. Its record is keyed by
/// [`SeriesParts::write_key`].
pub fn write_parts(
    out: &mut Vec<u8>,
    series: &SeriesParts<'_>,
    collected_at: Timestamp,
    value: f64,
    note: Option<&Note>,
) {
    let labels = series.labels.iter().map(|(name, value)| (&**name, &**value));
    write_series(out, series.source, series.name, series.unit, labels);
    write_measured(out, collected_at, value, note);
}

/// Adds a sample to a batch, as a record keyed by its series.
pub fn push_sample(batch: &mut BatchBuilder, sample: &Sample) {
    batch.push_written(sample.series.key().as_bytes(), |out| write_sample(out, sample));
}

fn write_series<'a>(
    out: &mut Vec<u8>,
    source: &str,
    name: &str,
    unit: &str,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
) {
    out.extend_from_slice(br#"{"source":"#);
    write_json(out, source);
    out.extend_from_slice(br#","name":"#);
    write_json(out, name);
    if !unit.is_empty() {
        out.extend_from_slice(br#","unit":"#);
        write_json(out, unit);
    }
    out.extend_from_slice(br#","labels":{"#);
    for (index, (name, value)) in labels.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_json(out, name);
        out.push(b':');
        write_json(out, value);
    }
    out.push(b'}');
}

/// [`super::tail`] depends on this order and spelling; a note comes after it, so that records without one are what
/// they were.
fn write_measured(out: &mut Vec<u8>, collected_at: Timestamp, value: f64, note: Option<&Note>) {
    out.extend_from_slice(br#","value":"#);
    write_number(out, value);
    out.extend_from_slice(br#","CollectedAt":""#);
    write!(out, "{collected_at}").expect("memory takes every write, and every Timestamp can be shown");
    out.push(b'"');
    if let Some(note) = note {
        out.extend_from_slice(br#","note":"#);
        write_json(out, note.as_str());
    }
    out.push(b'}');
}

/// Writes whole numbers without a fraction; all numbers are read back exactly.
fn write_number(out: &mut Vec<u8>, value: f64) {
    /// From here on the shortest text has an exponent and no fraction.
    const EXPONENT_FROM: f64 = 1e16;
    let is_negative_zero = value == 0.0 && value.is_sign_negative();
    if value.fract() == 0.0 && value.abs() < EXPONENT_FROM && !is_negative_zero {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and far below 2^63")]
        write_json(out, &(value as i64));
    } else {
        write_json(out, &value);
    }
}

fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("memory takes every write, and text and numbers are JSON");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::SampleDecoder;
    use proptest::prelude::*;
    use std::sync::Arc;
    use watchkeeper_domain::{Label, Series};

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        write_number(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_record_reads_as_documented() {
        let series =
            Series::new("github", "stargazers_count", "stars", &[("repository", "golang/go")]).unwrap();
        let collected_at = "2026-11-20T10:00:00.123Z".parse().unwrap();
        let mut batch = BatchBuilder::default();
        push_sample(&mut batch, &Sample::new(Arc::new(series), collected_at, 125_000.0));
        let batch = batch.finish();
        assert_eq!(
            str::from_utf8(batch.get(0).key).unwrap(),
            r#"github/stargazers_count{repository="golang/go"} stars"#
        );
        assert_eq!(
            str::from_utf8(batch.get(0).value).unwrap(),
            concat!(
                r#"{"source":"github","name":"stargazers_count","unit":"stars","#,
                r#""labels":{"repository":"golang/go"},"value":125000,"CollectedAt":"2026-11-20T10:00:00.123Z"}"#
            )
        );
    }

    #[test]
    fn a_note_comes_last() {
        let series = SeriesParts { source: "uptime", name: "up", unit: "", labels: &[] };
        let (mut out, note) = (Vec::new(), Note::new("answered \"500\""));
        write_parts(&mut out, &series, Timestamp::MIN, 0.0, note.as_ref());
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"source":"uptime","name":"up","labels":{},"value":0,"CollectedAt":"1970-01-01T00:00:00Z","#,
                r#""note":"answered \"500\""}"#
            )
        );
    }

    #[test]
    fn a_unit_that_is_empty_is_left_out_and_labels_are_an_object_in_any_case() {
        let series = SeriesParts { source: "host", name: "load", unit: "", labels: &[] };
        let mut out = Vec::new();
        write_parts(&mut out, &series, Timestamp::MIN, 0.5, None);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"source":"host","name":"load","labels":{},"value":0.5,"CollectedAt":"1970-01-01T00:00:00Z"}"#
        );
    }

    #[test]
    fn a_whole_number_has_no_fraction() {
        assert_eq!(written(0.0), "0");
        assert_eq!(written(-125_000.0), "-125000");
        assert_eq!(written(9_007_199_254_740_993.0), "9007199254740992");
        assert_eq!(written(0.1), "0.1");
        for whole in [1e16, -1e17, 1e300, f64::MAX] {
            assert!(!written(whole).contains(".0"), "{}", written(whole));
        }
    }

    prop_compose! {
        fn any_sample()(
            source in "[a-z]{1,3}", name in "[a-zé/]{1,3}", unit in r"[ -~é]{0,3}",
            labels in prop::collection::btree_map("[a-z]{1,3}", r"[ -~é🦀]{0,6}", 0..4),
            value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
            micros in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros(),
            note in r"[ -~é\n]{0,9}",
        ) -> Sample {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            let series = Arc::new(Series::new(&source, &name, &unit, &labels).unwrap());
            Sample { note: Note::new(&note), ..Sample::new(series, Timestamp::from_micros(micros).unwrap(), value) }
        }
    }

    proptest! {
        #[test]
        fn every_sample_is_read_back_exactly(sample in any_sample()) {
            let mut out = Vec::new();
            write_sample(&mut out, &sample);
            let mut decoder = SampleDecoder::new();
            for _known in [false, true] {
                let read = decoder.decode(&out).unwrap();
                prop_assert_eq!(read.value.to_bits(), sample.value.to_bits());
                prop_assert_eq!(read, sample.clone());
            }
        }

        #[test]
        fn every_whole_number_is_read_back_exactly(whole: i64) {
            #[expect(clippy::cast_precision_loss, reason = "whichever float is nearest will do")]
            let value = whole as f64;
            prop_assert_eq!(written(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }

        #[test]
        fn a_sample_in_parts_is_the_same_record(sample in any_sample()) {
            let labels: Vec<Label<'_>> =
                sample.series.labels().map(|(name, value)| (name.into(), value.into())).collect();
            let series = SeriesParts {
                source: sample.series.source(),
                name: sample.series.name(),
                unit: sample.series.unit(),
                labels: &labels,
            };
            let (mut batch, mut key, mut value) = (BatchBuilder::default(), String::new(), Vec::new());
            push_sample(&mut batch, &sample);
            series.write_key(&mut key);
            write_parts(&mut value, &series, sample.collected_at, sample.value, sample.note.as_ref());
            let batch = batch.finish();
            prop_assert_eq!((batch.get(0).key, batch.get(0).value), (key.as_bytes(), &value[..]));
        }
    }
}
