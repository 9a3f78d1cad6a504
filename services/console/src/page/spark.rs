//! The sparkline beside a value.

use crate::format::Shown;
use crate::lookback::Lookback;
use crate::sparkline::{Axes, Frame, extremes};
use watchkeeper_domain::{Point, Timestamp};

/// The size of a sparkline in pixels. Same as in the template and the stylesheet.
const FRAME: Frame = Frame { width: 120.0, height: 26.0, margin: 2.5 };

/// A small chart without axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spark {
    /// The `d` of an SVG path.
    pub(super) line: String,
    /// The text alternative and tooltip.
    pub(super) title: String,
}

impl Spark {
    /// The sparkline of the last hour; `None` without points.
    pub(super) fn new(points: &[Point], unit: &str, now: Timestamp) -> Option<Self> {
        let (min, mean, max) = extremes(points)?;
        let lookback = Lookback::Hour;
        let axes = Axes { from: lookback.from(now), to: now, min, max };
        let [least, middle, most] = [min, mean, max].map(|value| Shown::new(value, unit).text);
        let (title, step) = (lookback.title(), lookback.step_title());
        Some(Self {
            line: FRAME.line(points, &axes),
            title: format!("{title}, averages {step}: min {least}, avg {middle}, max {most}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_says_what_it_shows() {
        let now = Timestamp::MIN.plus(Duration::from_secs(3_600));
        let points = [1.0, 3.0].map(|value| Point { at: Timestamp::MIN, value });
        let spark = Spark::new(&points, "percent", now).unwrap();
        assert_eq!(spark.title, "last hour, averages per minute: min 1.0 %, avg 2.0 %, max 3.0 %");
        assert_eq!(Spark::new(&[], "percent", now), None);
    }
}
