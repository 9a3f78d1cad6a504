//! The sparkline beside a value.

use crate::explore::Span;
use crate::format::Shown;
use crate::gather::hour_up_to;
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
        let Span { from, to } = hour_up_to(now);
        let axes = Axes { from, to, min, max };
        let [least, middle, most] = [min, mean, max].map(|value| Shown::new(value, unit).text);
        Some(Self {
            line: FRAME.line(points, &axes),
            title: format!("last hour, averages per minute: min {least}, avg {middle}, max {most}"),
        })
    }
}

/// The size of an area in the units of its view box. Same as in the template.
const AREA: Frame = Frame { width: 160.0, height: 36.0, margin: 1.5 };
/// The values of a share of something.
const PERCENT: (f64, f64) = (0.0, 100.0);

/// A small chart from zero, filled below the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Area {
    /// The `d` of an SVG path.
    pub(super) line: String,
    /// The same of what is below the line.
    pub(super) below: String,
    /// The text alternative and tooltip.
    pub(super) title: String,
}

impl Area {
    /// The last hour; `None` without points. Percentages are drawn from 0 to 100.
    pub(super) fn new(points: &[Point], unit: &str, now: Timestamp) -> Option<Self> {
        let Spark { title, .. } = Spark::new(points, unit, now)?;
        let (_, _, largest) = extremes(points)?;
        let (min, max) = if unit == "percent" { PERCENT } else { (0.0, largest.max(f64::MIN_POSITIVE)) };
        let Span { from, to } = hour_up_to(now);
        let axes = Axes { from, to, min, max };
        let zeros: Vec<_> = points.iter().map(|point| Point { value: 0.0, ..*point }).collect();
        Some(Self { line: AREA.line(points, &axes), below: AREA.band(&zeros, points, &axes), title })
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

    #[test]
    fn a_share_is_drawn_from_0_to_100_percent_and_anything_else_from_0_to_its_largest() {
        let now = Timestamp::MIN.plus(Duration::from_secs(3_600));
        let points = [(0, 50.0), (60, 25.0)].map(|(minute, value)| Point {
            at: Timestamp::MIN.plus(Duration::from_secs(60) * minute),
            value,
        });
        assert_eq!(Area::new(&points, "percent", now).unwrap().line, "M1.5 18.0L158.5 26.2");
        assert_eq!(Area::new(&points, "bytes/s", now).unwrap().line, "M1.5 1.5L158.5 18.0");
    }
}
