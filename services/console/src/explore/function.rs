//! What a line shows of its series.

use watchkeeper_domain::{Aggregate, Violation};

/// What is computed from the samples of each point's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Function {
    /// Arithmetic mean.
    #[default]
    Avg,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Sum.
    Sum,
    /// Number of samples.
    Count,
    /// 95th percentile.
    P95,
    /// The increase of a counter per second.
    Rate,
}

impl Function {
    pub(crate) const ALL: [Self; 7] =
        [Self::Avg, Self::Min, Self::Max, Self::P95, Self::Sum, Self::Count, Self::Rate];

    pub(crate) fn parse(name: &str) -> Result<Self, Violation> {
        let found = Self::ALL.into_iter().find(|function| function.name() == name);
        found.ok_or_else(|| Violation::new("fn", "must be one of avg, min, max, p95, sum, count, rate"))
    }

    /// Its name in addresses, as the API has it.
    pub(crate) const fn name(self) -> &'static str {
        match self.aggregate() {
            Some(aggregate) => aggregate.name(),
            None => "rate",
        }
    }

    /// Its name on a page.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Avg => "mean",
            Self::Min => "minimum",
            Self::Max => "maximum",
            Self::Sum => "sum",
            Self::Count => "number of samples",
            Self::P95 => "95th percentile",
            Self::Rate => "rate per second",
        }
    }

    /// The aggregate; `None` for a rate.
    pub(crate) const fn aggregate(self) -> Option<Aggregate> {
        Some(match self {
            Self::Avg => Aggregate::Avg,
            Self::Min => Aggregate::Min,
            Self::Max => Aggregate::Max,
            Self::Sum => Aggregate::Sum,
            Self::Count => Aggregate::Count,
            Self::P95 => Aggregate::P95,
            Self::Rate => return None,
        })
    }

    /// The unit of its values, for series of `unit`.
    pub(crate) fn unit(self, unit: &str) -> String {
        match self {
            Self::Count => "samples".to_owned(),
            Self::Rate => format!("{unit}/s"),
            _ => unit.to_owned(),
        }
    }

    /// Whether a series has such a value between its samples, too; a sum or a number of samples it has not.
    pub(crate) const fn lasts(self) -> bool {
        !matches!(self, Self::Sum | Self::Count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_read_by_its_name_and_any_other_name_lists_them() {
        for function in Function::ALL {
            assert_eq!(Function::parse(function.name()), Ok(function));
            assert!(Function::parse("median").unwrap_err().reason.contains(function.name()));
        }
    }
}
