//! Series, samples and windows as messages.

use super::v1;
use prost_types::Timestamp as ProtoTimestamp;
use std::sync::Arc;
use watchkeeper_domain::{Point, Sample, Series, SeriesPoints, Timestamp, Violation, limits};

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

impl TryFrom<&v1::Series> for Series {
    type Error = Violation;

    fn try_from(series: &v1::Series) -> Result<Self, Violation> {
        let labels: Vec<_> = series.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        Self::new(&series.source, &series.name, &series.unit, &labels)
    }
}

impl From<&Sample> for v1::Sample {
    fn from(sample: &Sample) -> Self {
        Self {
            series: Some(v1::Series::from(&*sample.series)),
            value: sample.value,
            collected_at: Some(to_proto(sample.collected_at)),
        }
    }
}

impl TryFrom<&v1::Sample> for Sample {
    type Error = Violation;

    fn try_from(sample: &v1::Sample) -> Result<Self, Violation> {
        limits::check_value(sample.value)?;
        let series = sample.series.as_ref().ok_or_else(|| Violation::new("series", "is missing"))?;
        Ok(Self {
            series: Arc::new(Series::try_from(series)?),
            collected_at: from_proto("collected_at", sample.collected_at.as_ref())?,
            value: sample.value,
        })
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

/// Cuts off what is finer than a microsecond.
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

    fn sample() -> Sample {
        let series = Series::new("github", "stars", "stars", &[("repository", "golang/go")]).unwrap();
        let collected_at = "2026-11-20T10:00:00.123456Z".parse().unwrap();
        Sample { series: Arc::new(series), collected_at, value: 1.5 }
    }

    #[test]
    fn a_sample_survives_its_message() {
        assert_eq!(Sample::try_from(&v1::Sample::from(&sample())), Ok(sample()));
    }

    #[test]
    fn what_is_missing_or_out_of_bounds_is_named() {
        let whole = v1::Sample::from(&sample());
        let refused = |message: v1::Sample| Sample::try_from(&message).unwrap_err().to_string();
        assert_eq!(refused(v1::Sample { series: None, ..whole.clone() }), "series: is missing");
        assert_eq!(refused(v1::Sample { collected_at: None, ..whole.clone() }), "collected_at: is missing");
        assert_eq!(
            refused(v1::Sample { value: f64::NAN, ..whole.clone() }),
            "value: must be a finite number"
        );
        for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0), (253_402_300_800, 0)] {
            let collected_at = Some(ProtoTimestamp { seconds, nanos });
            assert_eq!(
                refused(v1::Sample { collected_at, ..whole.clone() }),
                "collected_at: must be a time from 1970 to 9999"
            );
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
