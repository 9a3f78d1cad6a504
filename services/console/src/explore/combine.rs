//! Several series as one line.

use crate::sparkline::usual_distance;
use std::collections::BTreeSet;
use std::time::Duration;
use watchkeeper_domain::{Accumulator, Aggregate, Point, Timestamp, Violation};

/// A series keeps its value for this many times the usual distance of its points: series are collected at different
/// times, and a sum over them must not fall where one of them has no point.
const HOLD_FACTOR: f64 = 2.5;

/// How the values of several series at an instant become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Combine {
    /// Sum.
    Sum,
    /// Arithmetic mean.
    Avg,
    /// Smallest.
    Min,
    /// Largest.
    Max,
}

impl Combine {
    pub(crate) const ALL: [Self; 4] = [Self::Sum, Self::Avg, Self::Min, Self::Max];

    pub(crate) fn parse(name: &str) -> Result<Self, Violation> {
        let found = Self::ALL.into_iter().find(|combine| combine.name() == name);
        found.ok_or_else(|| Violation::new("group", "must be one of sum, avg, min, max"))
    }

    /// Its name in addresses and on the page.
    pub(crate) const fn name(self) -> &'static str {
        self.aggregate().name()
    }

    const fn aggregate(self) -> Aggregate {
        match self {
            Self::Sum => Aggregate::Sum,
            Self::Avg => Aggregate::Avg,
            Self::Min => Aggregate::Min,
            Self::Max => Aggregate::Max,
        }
    }
}

/// The series of a group as one, at every instant at which one of them has a point. A series that `lasts` keeps its
/// value until its next point, but not across a gap. `step` is the length of a window.
pub(crate) fn combine(series: &[&[Point]], how: Combine, step: Duration, lasts: bool) -> Vec<Point> {
    let instants: BTreeSet<Timestamp> =
        series.iter().flat_map(|points| points.iter().map(|point| point.at)).collect();
    let mut members: Vec<Member<'_>> = series
        .iter()
        .map(|points| {
            let hold =
                if lasts { step.max(usual_distance(points).mul_f64(HOLD_FACTOR)) } else { Duration::ZERO };
            Member { points, hold }
        })
        .collect();
    let mut window = Accumulator::new(how.aggregate());
    let combined = instants.into_iter().filter_map(|at| {
        members.iter_mut().filter_map(|member| member.at(at)).for_each(|value| window.add(value));
        Some(Point { at, value: window.take()? })
    });
    combined.filter(|point| point.value.is_finite()).collect()
}

/// A series of a group, read in time order.
struct Member<'p> {
    /// The point that was last, and those after it.
    points: &'p [Point],
    hold: Duration,
}

impl Member<'_> {
    /// Its value at an instant that is not before the previous one.
    fn at(&mut self, at: Timestamp) -> Option<f64> {
        while self.points.get(1).is_some_and(|next| next.at <= at) {
            self.points = &self.points[1..];
        }
        let last = self.points.first()?;
        (last.at <= at && at.since(last.at) <= self.hold).then_some(last.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STEP: Duration = Duration::from_secs(10);

    fn points(values: &[(u64, f64)]) -> Vec<Point> {
        let at = |second| Timestamp::MIN.plus(Duration::from_secs(second));
        values.iter().map(|&(second, value)| Point { at: at(second), value }).collect()
    }

    fn combined(how: Combine, lasts: bool, series: &[&[(u64, f64)]]) -> Vec<(u64, f64)> {
        let series: Vec<_> = series.iter().map(|values| points(values)).collect();
        let series: Vec<_> = series.iter().map(Vec::as_slice).collect();
        let found = combine(&series, how, STEP, lasts);
        found.iter().map(|point| (point.at.since(Timestamp::MIN).as_secs(), point.value)).collect()
    }

    #[test]
    fn series_are_combined_instant_by_instant() {
        let series: [&[(u64, f64)]; 2] = [&[(0, 1.0), (10, 2.0)], &[(0, 10.0), (10, 30.0)]];
        for (how, expected) in
            Combine::ALL.into_iter().zip([[11.0, 32.0], [5.5, 16.0], [1.0, 2.0], [10.0, 30.0]])
        {
            assert_eq!(combined(how, true, &series), [(0, expected[0]), (10, expected[1])]);
            assert_eq!(Combine::parse(how.name()), Ok(how));
        }
        assert!(Combine::parse("p95").is_err());
    }

    #[test]
    fn a_sum_does_not_fall_where_a_series_has_no_point_but_is_collected_at_other_times() {
        let series: [&[(u64, f64)]; 2] =
            [&[(0, 1.0), (60, 1.0), (120, 1.0)], &[(30, 5.0), (90, 5.0), (150, 5.0)]];
        let sums = combined(Combine::Sum, true, &series);
        assert_eq!(sums, [(0, 1.0), (30, 6.0), (60, 6.0), (90, 6.0), (120, 6.0), (150, 6.0)]);
        assert_eq!(combined(Combine::Sum, false, &series)[1], (30, 5.0), "a number of samples is not kept");
    }

    #[test]
    fn a_series_that_has_ended_is_no_longer_counted() {
        let series: [&[(u64, f64)]; 2] =
            [&[(0, 1.0), (10, 1.0), (20, 1.0), (90, 1.0)], &[(0, 5.0), (10, 5.0)]];
        assert_eq!(combined(Combine::Sum, true, &series), [(0, 6.0), (10, 6.0), (20, 6.0), (90, 1.0)]);
    }

    proptest! {
        #[test]
        fn the_smallest_is_at_most_the_mean_and_that_at_most_the_largest(
            values in prop::collection::vec(prop::collection::btree_map(0_u64..50, -1e6..1e6, 1..40), 1..6),
        ) {
            let series: Vec<Vec<Point>> = values
                .iter()
                .map(|values| points(&values.iter().map(|(at, value)| (at * 10, *value)).collect::<Vec<_>>()))
                .collect();
            let series: Vec<_> = series.iter().map(Vec::as_slice).collect();
            let of = |how| combine(&series, how, STEP, true);
            let (min, avg, max) = (of(Combine::Min), of(Combine::Avg), of(Combine::Max));
            prop_assert_eq!(min.len(), max.len());
            for ((min, avg), max) in min.iter().zip(&avg).zip(&max) {
                prop_assert!(min.at == avg.at && avg.at == max.at);
                prop_assert!(min.value <= avg.value + 1e-6 && avg.value <= max.value + 1e-6);
            }
            prop_assert!(min.is_sorted_by(|one, next| one.at < next.at));
        }
    }
}
