//! Taking in a body costs memory for the body, not for each sample in it.

use watchkeeper_domain::Timestamp;
use watchkeeper_ports::BatchBuilder;
use watchkeeper_wire::body::{BodyFormat, for_each_item};
use watchkeeper_wire::sample::{SampleDecoder, SampleReader, UnknownFields, write_parts};

const SAMPLES: usize = 10_000;

/// Room that grows by doubling: the reader's labels, the key, and the three parts of the batch.
const MOST_ALLOCATIONS: u64 = 60;

fn sample(number: usize) -> String {
    format!(
        concat!(
            r#"{{"source":"edge","name":"temperature","unit":"celsius","labels":{{"site":"north","#,
            r#""building":"b{}","floor":3,"room":"{}","device":"d-{}","ok":true}},"value":{}.5,"#,
            r#""collected_at":"2026-11-20T10:00:00.123Z"}}"#
        ),
        number % 10,
        number % 100,
        number,
        number % 40
    )
}

fn samples(between: &str) -> String {
    (0..SAMPLES).map(sample).collect::<Vec<_>>().join(between)
}

fn into_records(body: &str, format: BodyFormat) -> BatchBuilder {
    let mut batch = BatchBuilder::default();
    let (mut reader, mut key) = (SampleReader::new(), String::new());
    let taken = for_each_item(body.as_bytes(), format, SAMPLES, |_, item| {
        let text = item.expect("the item is text");
        let sample = reader.read(text, UnknownFields::Refuse).expect("the sample is valid");
        let collected_at = sample.collected_at.unwrap_or(Timestamp::MIN);
        let series = sample.series();
        key.clear();
        series.write_key(&mut key);
        batch.push_written(key.as_bytes(), |out| write_parts(out, &series, collected_at, sample.value, None));
    });
    assert_eq!(taken.expect("the body is valid"), SAMPLES);
    batch
}

#[test]
fn a_body_becomes_records_without_memory_for_each_sample() {
    let (array, lines) = (format!("[{}]", samples(",\n")), samples("\n"));
    for (body, format) in [(array, BodyFormat::Json), (lines, BodyFormat::NdJson)] {
        let mut batch = BatchBuilder::default();
        let cost = allocation_counter::measure(|| batch = into_records(&body, format));
        println!("{format:?}: {} allocations for {SAMPLES} samples of 6 labels", cost.count_total);
        assert!(cost.count_total <= MOST_ALLOCATIONS, "{} allocations", cost.count_total);
    }
}

#[test]
fn a_sample_of_a_known_series_is_decoded_without_memory_of_its_own() {
    let batch = into_records(&samples("\n"), BodyFormat::NdJson).finish();
    let mut decoder = SampleDecoder::new();
    let mut decode_all = || batch.iter().filter(|record| decoder.decode(record.value).is_ok()).count();
    assert_eq!(decode_all(), SAMPLES);
    let cost = allocation_counter::measure(|| assert_eq!(decode_all(), SAMPLES));
    assert_eq!(cost.count_total, 0);
}
