//! Turns rows into samples.

use super::left_out::{LeftOut, Reason};
use std::time::Duration;
use watchkeeper_domain::limits::{check_accepted, check_value};
use watchkeeper_domain::{Sample, Timestamp, Violation};
use watchkeeper_ports::MetricsRow;
use watchkeeper_wire::sample::{SampleDecoder, is_marked};

/// Reads rows in the same way as the records of the topic.
#[derive(Default)]
pub(super) struct Reading {
    decoder: SampleDecoder,
}

impl Reading {
    /// The row's sample at `now`, or the reason to skip the row.
    pub(super) fn read(
        &mut self,
        row: &MetricsRow,
        now: Timestamp,
        retention: Duration,
    ) -> Result<Sample, Reason> {
        let sample = self.decode(row).map_err(Reason::Refused)?;
        if is_marked(&sample.series) {
            return Err(Reason::Cached);
        }
        check_accepted(sample.collected_at, now, retention).map_err(|violation| {
            if sample.collected_at < now { Reason::TooOld(violation) } else { Reason::Refused(violation) }
        })?;
        Ok(sample)
    }

    /// The decoder decides how a label's value is read and which limits apply.
    fn decode(&mut self, row: &MetricsRow) -> Result<Sample, Violation> {
        let at = row
            .collected_at
            .ok_or_else(|| Violation::new("collected_at", "must be an instant from 1970 to 9999"))?;
        check_value(row.value)?;
        if row.labels.len() > MetricsRow::MAX_LABELS_CHARS {
            let reason = format!("have more than {} characters as JSON", MetricsRow::MAX_LABELS_CHARS);
            return Err(Violation::new("labels", reason));
        }
        let (source, name) = (serde_json::Value::from(&*row.source), serde_json::Value::from(&*row.name));
        let MetricsRow { labels, value, .. } = row;
        let record = format!(
            r#"{{"source":{source},"name":{name},"labels":{labels},"value":{value:?},"collected_at":"{at}"}}"#
        );
        self.decoder.decode(record.as_bytes())
    }
}

/// The row, skipped for this reason.
pub(super) fn left_out(row: &MetricsRow, reason: Reason) -> LeftOut {
    let MetricsRow { id, source, name, collected_at, .. } = row;
    LeftOut { id: *id, source: source.clone(), name: name.clone(), collected_at: *collected_at, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn row() -> MetricsRow {
        MetricsRow {
            id: 7,
            source: "GitHub".into(),
            name: "stargazers_count".into(),
            value: 125_000.0,
            labels: r#"{"repository": "golang/go"}"#.into(),
            collected_at: Some("2026-11-20T09:00:00.123456Z".parse().unwrap()),
        }
    }

    fn read(row: &MetricsRow) -> Result<Sample, Reason> {
        Reading::default().read(row, now(), 90 * DAY)
    }

    fn refused(change: fn(&mut MetricsRow)) -> String {
        let mut row = row();
        change(&mut row);
        let reason = read(&row).unwrap_err();
        assert!(matches!(reason, Reason::Refused(_)), "{reason:?}");
        reason.to_string()
    }

    #[test]
    fn a_row_is_the_sample_that_the_topic_had() {
        let on_the_topic = br#"{"ID":0,"Source":"GitHub","Name":"stargazers_count","Value":125000,
            "Labels":{"repository":"golang/go"},"CollectedAt":"2026-11-20T09:00:00.123456789Z"}"#;
        assert_eq!(read(&row()).unwrap(), SampleDecoder::new().decode(on_the_topic).unwrap());
    }

    #[test]
    fn labels_of_any_type_become_texts_and_none_are_no_labels() {
        let labels = |json: &str| {
            let sample = read(&MetricsRow { labels: json.into(), ..row() }).unwrap();
            sample.series.labels().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(labels("null"), Vec::<String>::new());
        assert_eq!(labels("{}"), Vec::<String>::new());
        let any = r#"{"a": 1.50, "b": true, "c": null, "d": {"x": [1, 2]}, "e": "é\""}"#;
        assert_eq!(labels(any), ["a=1.50", "b=true", "c=null", r#"d={"x":[1,2]}"#, "e=é\""]);
    }

    #[test]
    fn every_number_comes_as_it_is() {
        for value in [0.1 + 0.2, -0.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e21, -1.5e-7] {
            let sample = read(&MetricsRow { value, ..row() }).unwrap();
            assert_eq!(sample.value.to_bits(), value.to_bits());
        }
    }

    #[test]
    fn what_breaks_a_limit_is_refused_with_the_reason() {
        assert_eq!(refused(|row| row.source.clear()), "source: must have 1 to 64 bytes, is empty");
        assert_eq!(refused(|row| row.source = "x".repeat(65)), "source: has 65 bytes, the limit is 64");
        assert!(refused(|row| row.source = "a\"b".into()).starts_with("source: may have only letters"));
        let many = "labels: has 33 labels, the limit is 32";
        assert_eq!(refused(|row| row.labels = labels(33)), many);
        assert_eq!(refused(|row| row.labels = "[1]".into()), "labels: must be an object, is an array");
        let long = "labels: have more than 65536 characters as JSON";
        assert_eq!(refused(|row| row.labels = " ".repeat(MetricsRow::MAX_LABELS_CHARS + 1)), long);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let row = MetricsRow { value, ..row() };
            assert_eq!(read(&row).unwrap_err().to_string(), "value: must be a finite number");
        }
        let never = "collected_at: must be an instant from 1970 to 9999";
        assert_eq!(refused(|row| row.collected_at = None), never);
        let ahead = "collected_at: is 3600 s in the future, the limit is 600 s";
        assert_eq!(refused(|row| row.collected_at = Some(now().plus(Duration::from_secs(3_600)))), ahead);
    }

    fn labels(count: usize) -> String {
        let labels: Vec<_> = (0..count).map(|n| format!(r#""l{n}": "v""#)).collect();
        format!("{{{}}}", labels.join(", "))
    }

    #[test]
    fn what_is_older_than_the_retention_is_told_apart() {
        let at = |age| MetricsRow { collected_at: Some(now().minus(age)), ..row() };
        assert!(read(&at(90 * DAY)).is_ok());
        let reason = read(&at(91 * DAY)).unwrap_err();
        assert!(matches!(reason, Reason::TooOld(_)), "{reason}");
        assert!(reason.to_string().ends_with("older than the retention of 90 days"), "{reason}");
    }

    #[test]
    fn what_came_from_a_cache_is_no_sample() {
        for labels in [r#"{"cached": "true"}"#, r#"{"cached": true, "repository": "golang/go"}"#] {
            let row = MetricsRow { labels: labels.into(), ..row() };
            assert_eq!(read(&row).unwrap_err(), Reason::Cached);
        }
        assert!(read(&MetricsRow { labels: r#"{"cached": "false"}"#.into(), ..row() }).is_ok());
    }
}
