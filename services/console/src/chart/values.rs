//! The values of a line for the script, which shows them under the pointer.

use std::fmt::Write as _;
use std::time::Duration;
use watchkeeper_domain::{Point, Timestamp};

/// The values of each window from the first one on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values {
    /// The start of the first window, in milliseconds since the epoch.
    pub(crate) start: i64,
    /// Separated by commas; empty for a window without a value.
    pub(crate) text: String,
    /// For how many windows a value is shown where there is none: series are collected more rarely than windows end.
    pub(crate) hold: u128,
}

impl Values {
    /// The values of `points`, which stand at multiples of `step` in time order; `hold` is how long a value lasts.
    pub(crate) fn of(points: &[Point], step: Duration, hold: Duration) -> Self {
        let Some(first) = points.first() else { return Self::default() };
        let (mut text, mut expected) = (String::new(), first.at);
        for point in points {
            let missing = point.at.since(expected).as_micros() / step.as_micros().max(1);
            (0..missing).for_each(|_| text.push(','));
            push(&mut text, point.value);
            text.push(',');
            expected = point.at.plus(step);
        }
        text.pop();
        Self { start: millis(first.at), text, hold: hold.as_micros() / step.as_micros().max(1) }
    }
}

/// Milliseconds since the epoch, as JavaScript counts time.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_micros() / 1_000
}

/// As short as seven digits allow.
fn push(text: &mut String, value: f64) {
    let size = value.abs();
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough for a chart")]
    let written = if (1e-4..1e9).contains(&size) || size < f64::MIN_POSITIVE {
        write!(text, "{}", value as f32)
    } else {
        write!(text, "{value:.6e}")
    };
    written.expect("memory takes every write");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STEP: Duration = Duration::from_secs(60);

    fn points(values: &[(u64, f64)]) -> Vec<Point> {
        let at = |minute| Timestamp::MIN.plus(Duration::from_secs(60 * minute));
        values.iter().map(|&(minute, value)| Point { at: at(minute), value }).collect()
    }

    #[test]
    fn windows_without_a_value_are_empty() {
        let values = Values::of(&points(&[(2, 1.5), (3, -2.0), (6, 34.459_999), (7, 1e300)]), STEP, 2 * STEP);
        assert_eq!(
            values,
            Values { start: 120_000, text: "1.5,-2,,,34.46,1.000000e300".to_owned(), hold: 2 }
        );
        assert_eq!(Values::of(&[], STEP, STEP), Values::default());
    }

    proptest! {
        #[test]
        fn every_value_is_found_at_its_window(
            values in prop::collection::btree_map(0_u64..500, prop::num::f64::NORMAL, 1..100),
        ) {
            let points = points(&values.into_iter().collect::<Vec<_>>());
            let written = Values::of(&points, STEP, STEP);
            let texts: Vec<&str> = written.text.split(',').collect();
            for point in &points {
                let index = usize::try_from((millis(point.at) - written.start) / 60_000).unwrap();
                let value: f64 = texts[index].parse().unwrap();
                prop_assert!((value - point.value).abs() <= point.value.abs() * 1e-6);
            }
            prop_assert_eq!(texts.iter().filter(|text| !text.is_empty()).count(), points.len());
        }
    }
}
