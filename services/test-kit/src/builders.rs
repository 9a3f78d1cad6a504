//! Builders of test data.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Alert, Matchers, Sample, Series, Severity, Silence, Timestamp};
use watchkeeper_ports::{BatchBuilder, PortError, Record, RecordBatch, Topic, TopicPartition};
use watchkeeper_wire::dead_letter::DeadLetter;
use watchkeeper_wire::sample::push_sample;

/// A series by its key without labels: `host/memory` or `host/memory bytes`.
pub fn series(key: &str, labels: &[(&str, &str)]) -> Arc<Series> {
    let (source, name) = key.split_once('/').unwrap();
    let (name, unit) = name.split_once(' ').unwrap_or((name, ""));
    Arc::new(Series::new(source, name, unit, labels).unwrap())
}

/// A sample of such a series.
pub fn sample(key: &str, labels: &[(&str, &str)], collected_at: Timestamp, value: f64) -> Sample {
    Sample::new(series(key, labels), collected_at, value)
}

/// The records of samples.
pub fn batch(samples: &[Sample]) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    for sample in samples {
        push_sample(&mut batch, sample);
    }
    batch.finish()
}

/// A letter of the persister's about the first record of topic `metrics`, with the key `k` and this value.
pub fn letter<'v>(reason: &'v str, value: &'v [u8]) -> DeadLetter<'v> {
    DeadLetter {
        reason,
        rejected_by: "persister",
        rejected_at: Timestamp::now(),
        origin: TopicPartition::new(Topic::METRICS, 0),
        offset: 0,
        record: Record { key: b"k", value, headers: &[], incomplete: None },
    }
}

/// An alert that fires.
pub fn alert(rule: &str, series: Arc<Series>, severity: Severity, fired_at: Timestamp) -> Alert {
    let reason = "is 9, above 8 for 2m".to_owned();
    Alert {
        rule: rule.to_owned(),
        series,
        severity,
        fired_at,
        cleared_at: None,
        value: Some(9.0),
        reason,
        acknowledged: None,
    }
}

/// A silence for these matchers.
pub fn silence(id: &str, matchers: &[&str], starts_at: Timestamp, length: Duration) -> Silence {
    Silence {
        id: id.to_owned(),
        matchers: Matchers::new(matchers.iter().map(|text| text.parse().unwrap()).collect()).unwrap(),
        starts_at,
        ends_at: starts_at.plus(length),
        created_by: "ops".to_owned(),
        comment: "new disks".to_owned(),
    }
}

/// A dependency that is unavailable: retried.
pub fn unavailable(what: &'static str) -> PortError {
    PortError::Unavailable { what, reason: "connection refused".to_owned() }
}

/// Input that is rejected.
pub fn rejected(what: &'static str, reason: impl Into<String>) -> PortError {
    PortError::Rejected { what, reason: reason.into() }
}

/// A dependency that only an operator can repair.
pub fn broken(what: &'static str) -> PortError {
    PortError::Broken { what, reason: "damaged".to_owned() }
}
