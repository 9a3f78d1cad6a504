//! Values over time as the line of an SVG path.

use std::fmt::Write as _;
use std::time::Duration;
use watchkeeper_domain::{Point, Timestamp};

/// A gap longer than this many times the usual distance breaks the line.
const GAP_FACTOR: f64 = 2.5;

/// The drawing area, in units of the SVG view box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Free space along each edge, so that a thick line is not clipped.
    pub(crate) margin: f64,
}

/// The value and time ranges of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axes {
    /// The instant at the left edge.
    pub(crate) from: Timestamp,
    /// The instant at the right edge, later than `from`.
    pub(crate) to: Timestamp,
    /// The value at the lower edge.
    pub(crate) min: f64,
    /// The value at the upper edge; if equal to `min`, every value is drawn in the middle.
    pub(crate) max: f64,
}

impl Frame {
    /// The horizontal position of an instant, clamped to the frame.
    pub(crate) fn x(&self, at: Timestamp, axes: &Axes) -> f64 {
        let share = at.since(axes.from).as_secs_f64() / axes.to.since(axes.from).as_secs_f64();
        self.margin + within(share) * (self.width - 2.0 * self.margin)
    }

    /// The vertical position of a value, clamped to the frame.
    pub(crate) fn y(&self, value: f64, axes: &Axes) -> f64 {
        // Halves, because the distance of two finite numbers may not be finite.
        let height = axes.max / 2.0 - axes.min / 2.0;
        let share = if height > 0.0 { (value / 2.0 - axes.min / 2.0) / height } else { 0.5 };
        self.height - self.margin - within(share) * (self.height - 2.0 * self.margin)
    }

    /// The line through `points`, which are in time order: the `d` of a path, empty without points. It breaks at
    /// gaps; an isolated point becomes a zero-length stroke, which a round line cap shows as a dot. Non-finite
    /// values are skipped.
    pub(crate) fn line(&self, points: &[Point], axes: &Axes) -> String {
        let mut path = String::new();
        for run in runs(points) {
            for (index, point) in run.iter().enumerate() {
                let command = if index == 0 { 'M' } else { 'L' };
                push_point(&mut path, command, self.x(point.at, axes), self.y(point.value, axes));
            }
            if run.len() == 1 {
                path.push_str("h0");
            }
        }
        path
    }

    /// The area between two lines with the same instants, as the `d` of a path.
    pub(crate) fn band(&self, lower: &[Point], upper: &[Point], axes: &Axes) -> String {
        let mut path = String::new();
        let (lower, upper) = (runs(lower), runs(upper));
        for (lower, upper) in lower.iter().zip(&upper) {
            for (index, point) in upper.iter().chain(lower.iter().rev()).enumerate() {
                let command = if index == 0 { 'M' } else { 'L' };
                push_point(&mut path, command, self.x(point.at, axes), self.y(point.value, axes));
            }
            path.push('Z');
        }
        path
    }
}

/// Minimum, mean and maximum of the finite values; `None` without any.
pub(crate) fn extremes(points: &[Point]) -> Option<(f64, f64, f64)> {
    let finite: Vec<f64> = points.iter().map(|point| point.value).filter(|value| value.is_finite()).collect();
    let smallest = finite.iter().copied().reduce(f64::min)?;
    let largest = finite.iter().copied().reduce(f64::max)?;
    #[expect(clippy::cast_precision_loss, reason = "a range has at most thousands of points")]
    let count = finite.len() as f64;
    // Divided first, because the sum of finite numbers may not be finite.
    let mean = finite.iter().map(|value| value / count).sum::<f64>().clamp(smallest, largest);
    Some((smallest, mean, largest))
}

/// The finite points, split at gaps.
fn runs(points: &[Point]) -> Vec<Vec<Point>> {
    let finite: Vec<Point> = points.iter().copied().filter(|point| point.value.is_finite()).collect();
    let longest = usual_distance(&finite).mul_f64(GAP_FACTOR);
    finite.chunk_by(|one, next| next.at.since(one.at) <= longest).map(<[Point]>::to_vec).collect()
}

/// The median distance between neighbours; zero without any.
pub(crate) fn usual_distance(points: &[Point]) -> Duration {
    let mut distances: Vec<Duration> = points.windows(2).map(|pair| pair[1].at.since(pair[0].at)).collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().unwrap_or_default()
}

fn within(share: f64) -> f64 {
    share.clamp(0.0, 1.0)
}

fn push_point(path: &mut String, command: char, x: f64, y: f64) {
    write!(path, "{command}{x:.1} {y:.1}").expect("memory takes every write");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: Frame = Frame { width: 120.0, height: 28.0, margin: 2.0 };

    fn at(minute: u64) -> Timestamp {
        Timestamp::MIN.plus(Duration::from_secs(60 * minute))
    }

    fn points(values: &[(u64, f64)]) -> Vec<Point> {
        values.iter().map(|&(minute, value)| Point { at: at(minute), value }).collect()
    }

    fn line(values: &[(u64, f64)]) -> String {
        let points = points(values);
        let (min, _, max) = extremes(&points).unwrap_or_default();
        FRAME.line(&points, &Axes { from: at(0), to: at(60), min, max })
    }

    #[test]
    fn values_go_from_left_to_right_and_rise_upwards() {
        assert_eq!(line(&[(0, 0.0), (30, 5.0), (60, 10.0)]), "M2.0 26.0L60.0 14.0L118.0 2.0");
    }

    #[test]
    fn no_point_is_no_line_and_one_is_a_dot() {
        assert_eq!(line(&[]), "");
        assert_eq!(line(&[(30, 7.0)]), "M60.0 14.0h0");
    }

    #[test]
    fn a_constant_series_lies_in_the_middle() {
        assert_eq!(line(&[(0, 3.0), (60, 3.0)]), "M2.0 14.0L118.0 14.0");
    }

    #[test]
    fn the_line_breaks_at_a_gap_but_not_at_the_usual_distance() {
        let rare = line(&[(0, 1.0), (10, 2.0), (20, 1.0), (30, 2.0)]);
        assert_eq!(rare.matches('M').count(), 1);
        let with_gap = line(&[(0, 1.0), (1, 2.0), (2, 1.0), (30, 2.0), (31, 1.0), (50, 1.0)]);
        assert_eq!(with_gap.matches('M').count(), 3);
        assert!(with_gap.ends_with("h0"));
    }

    #[test]
    fn a_band_goes_along_the_upper_line_and_back_along_the_lower() {
        let axes = Axes { from: at(0), to: at(60), min: 0.0, max: 10.0 };
        let band = FRAME.band(&points(&[(0, 0.0), (60, 0.0)]), &points(&[(0, 10.0), (60, 10.0)]), &axes);
        assert_eq!(band, "M2.0 2.0L118.0 2.0L118.0 26.0L2.0 26.0Z");
    }

    #[test]
    fn the_mean_of_the_largest_numbers_is_finite() {
        let found = extremes(&points(&[(0, f64::MAX), (1, f64::MAX), (2, f64::INFINITY)]));
        assert_eq!(found, Some((f64::MAX, f64::MAX, f64::MAX)));
    }

    fn any_points() -> impl Strategy<Value = Vec<Point>> {
        let value = prop_oneof![any::<f64>(), -1e3..1e3];
        prop::collection::btree_map(0_u64..120, value, 0..80)
            .prop_map(|values| points(&values.into_iter().collect::<Vec<_>>()))
    }

    proptest! {
        #[test]
        fn every_line_stays_in_its_frame_and_rises_in_time(points in any_points()) {
            let (min, _, max) = extremes(&points).unwrap_or_default();
            let path = FRAME.line(&points, &Axes { from: at(10), to: at(70), min, max });
            let finite = points.iter().filter(|point| point.value.is_finite()).count();
            let drawn: Vec<(f64, f64)> = path
                .split(['M', 'L'])
                .skip(1)
                .map(|pair| pair.trim_end_matches("h0").split_once(' ').unwrap())
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                .collect();
            prop_assert_eq!(drawn.len(), finite);
            for (x, y) in &drawn {
                prop_assert!((2.0..=118.0).contains(x) && (2.0..=26.0).contains(y), "{} {}", x, y);
            }
            prop_assert!(drawn.is_sorted_by(|one, next| one.0 <= next.0));
        }

        #[test]
        fn the_mean_lies_between_the_extremes(points in any_points()) {
            if let Some((min, mean, max)) = extremes(&points) {
                prop_assert!(min <= mean && mean <= max);
            }
        }
    }
}
