//! Aggregates.

use std::fmt;
use std::str::FromStr;

/// How to aggregate the values of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Arithmetic mean.
    Avg,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Sum.
    Sum,
    /// How many there are.
    Count,
    /// The latest.
    Last,
    /// 95th percentile by nearest rank: the smallest value that at least 95 % of the values do not
    /// exceed. This is SQL's `percentile_disc(0.95)`, so that every store answers the same.
    P95,
}

/// The text does not name an aggregate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of avg, min, max, sum, count, last, p95")]
pub struct UnknownAggregate;

impl Aggregate {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Avg, Self::Min, Self::Max, Self::Sum, Self::Count, Self::Last, Self::P95];

    /// Its name in queries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Last => "last",
            Self::P95 => "p95",
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Aggregate {
    type Err = UnknownAggregate;

    fn from_str(text: &str) -> Result<Self, UnknownAggregate> {
        Self::ALL.into_iter().find(|aggregate| aggregate.name() == text).ok_or(UnknownAggregate)
    }
}

/// Aggregates the values of one window, given in order of time. Only [`Aggregate::P95`] keeps them all.
#[derive(Clone, Debug)]
pub struct Accumulator {
    aggregate: Aggregate,
    count: u64,
    folded: f64,
    kept: Vec<f64>,
}

impl Accumulator {
    /// An empty window.
    #[must_use]
    pub const fn new(aggregate: Aggregate) -> Self {
        Self { aggregate, count: 0, folded: 0.0, kept: Vec::new() }
    }

    /// Adds the next value.
    pub fn add(&mut self, value: f64) {
        self.folded = match self.aggregate {
            Aggregate::Min if self.count > 0 => self.folded.min(value),
            Aggregate::Max if self.count > 0 => self.folded.max(value),
            Aggregate::Min | Aggregate::Max | Aggregate::Last => value,
            Aggregate::Avg | Aggregate::Sum => self.folded + value,
            Aggregate::Count => 0.0,
            Aggregate::P95 => {
                self.kept.push(value);
                0.0
            }
        };
        self.count += 1;
    }

    /// The window's value, or `None` if nothing was added; resets the window.
    #[expect(clippy::cast_precision_loss, reason = "a window of 2^53 values does not occur")]
    pub fn take(&mut self) -> Option<f64> {
        let count = std::mem::take(&mut self.count);
        let folded = std::mem::take(&mut self.folded);
        if count == 0 {
            return None;
        }
        Some(match self.aggregate {
            Aggregate::Avg => folded / count as f64,
            Aggregate::Count => count as f64,
            Aggregate::Min | Aggregate::Max | Aggregate::Sum | Aggregate::Last => folded,
            Aggregate::P95 => {
                let rank = (self.kept.len() * 95).div_ceil(100) - 1;
                let (_, value, _) = self.kept.select_nth_unstable_by(rank, f64::total_cmp);
                let value = *value;
                self.kept.clear();
                value
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(aggregate: Aggregate, values: &[f64]) -> Option<f64> {
        let mut window = Accumulator::new(aggregate);
        for &value in values {
            window.add(value);
        }
        window.take()
    }

    #[test]
    fn each_aggregate_is_what_its_name_says() {
        let values = [3.0, -1.0, 4.0, 2.0];
        let expected = [2.0, -1.0, 4.0, 8.0, 4.0, 2.0, 4.0];
        for (aggregate, expected) in Aggregate::ALL.into_iter().zip(expected) {
            assert_eq!(of(aggregate, &values), Some(expected), "{aggregate}");
            assert_eq!(of(aggregate, &[]), None, "{aggregate}");
            assert_eq!(aggregate.name().parse(), Ok(aggregate));
        }
    }

    #[test]
    fn p95_is_the_nearest_rank() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(of(Aggregate::P95, &hundred), Some(95.0));
        assert_eq!(of(Aggregate::P95, &hundred[..20]), Some(19.0));
        assert_eq!(of(Aggregate::P95, &hundred[..1]), Some(1.0));
    }

    #[test]
    fn a_taken_window_starts_again_empty() {
        for aggregate in Aggregate::ALL {
            let mut window = Accumulator::new(aggregate);
            window.add(7.0);
            window.take();
            assert_eq!(window.take(), None);
            window.add(1.0);
            assert_eq!(window.take(), Some(1.0), "{aggregate}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "median".parse::<Aggregate>().unwrap_err().to_string();
        for aggregate in Aggregate::ALL {
            assert!(error.contains(aggregate.name()), "{error}");
        }
    }
}
