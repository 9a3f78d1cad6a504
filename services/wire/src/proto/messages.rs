//! Conversions of series, samples and windows.

use super::v1;
use prost_types::Timestamp as ProtoTimestamp;
use watchkeeper_domain::{Point, Sample, Series, SeriesPoints, Timestamp, Violation};

impl From<&Series> for v1::Series {
    fn from(series: &Series) -> Self {
        Self {
            source: series.source().to_owned(),
            name: series.name().to_owned(),
            unit: series.unit().to_owned(),
            labels: series.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }
}

impl From<&Sample> for v1::Sample {
    fn from(sample: &Sample) -> Self {
        Self {
            series: Some(v1::Series::from(&*sample.series)),
            value: sample.value,
            collected_at: Some(to_proto(sample.collected_at)),
            note: sample.note.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

impl From<&SeriesPoints> for v1::SeriesPoints {
    fn from(found: &SeriesPoints) -> Self {
        Self {
            series: Some(v1::Series::from(&*found.series)),
            points: found.points.iter().map(v1::Point::from).collect(),
        }
    }
}

impl From<&Point> for v1::Point {
    fn from(point: &Point) -> Self {
        Self { at: Some(to_proto(point.at)), value: point.value }
    }
}

pub(super) fn to_proto(at: Timestamp) -> ProtoTimestamp {
    let micros = at.as_micros();
    let nanos = i32::try_from(micros % 1_000_000 * 1_000).expect("below 10^9, and no Timestamp is negative");
    ProtoTimestamp { seconds: micros / 1_000_000, nanos }
}

/// Truncates to microseconds.
pub(super) fn from_proto(field: &str, at: Option<&ProtoTimestamp>) -> Result<Timestamp, Violation> {
    let at = at.ok_or_else(|| Violation::new(field, "is missing"))?;
    let micros = at.seconds.checked_mul(1_000_000).filter(|_| (0..1_000_000_000).contains(&at.nanos));
    let micros = micros.and_then(|micros| micros.checked_add(i64::from(at.nanos) / 1_000));
    let instant = micros.and_then(Timestamp::from_micros);
    instant.ok_or_else(|| Violation::new(field, "must be a time from 1970 to 9999"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use watchkeeper_domain::Note;

    #[test]
    fn a_sample_is_sent_whole() {
        let series = Series::new("github", "stars", "stars", &[("repository", "golang/go")]).unwrap();
        let collected_at = "2026-11-20T10:00:00.123456Z".parse().unwrap();
        let note = Note::new("as of today").unwrap();
        let message = v1::Sample::from(&Sample::new(Arc::new(series), collected_at, 1.5).with_note(note));
        let series = v1::Series {
            source: "github".into(),
            name: "stars".into(),
            unit: "stars".into(),
            labels: [("repository".into(), "golang/go".into())].into(),
        };
        assert_eq!(message.note, "as of today");
        assert_eq!((message.series, message.value.to_bits()), (Some(series), 1.5_f64.to_bits()));
        assert_eq!(from_proto("collected_at", message.collected_at.as_ref()), Ok(collected_at));
    }

    #[test]
    fn an_instant_that_is_missing_or_out_of_bounds_is_named() {
        let refused = |at: Option<ProtoTimestamp>| from_proto("from", at.as_ref()).unwrap_err().to_string();
        assert_eq!(refused(None), "from: is missing");
        for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0), (253_402_300_800, 0)] {
            let at = Some(ProtoTimestamp { seconds, nanos });
            assert_eq!(refused(at), "from: must be a time from 1970 to 9999");
        }
    }

    proptest! {
        #[test]
        fn every_instant_survives_its_message(
            micros in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros(),
            finer in 0..1_000,
        ) {
            let instant = Timestamp::from_micros(micros).unwrap();
            let mut message = to_proto(instant);
            message.nanos += finer;
            prop_assert_eq!(from_proto("at", Some(&message)), Ok(instant));
        }

        #[test]
        fn no_message_panics(seconds: i64, nanos: i32) {
            let _ = from_proto("at", Some(&ProtoTimestamp { seconds, nanos }));
        }
    }
}
