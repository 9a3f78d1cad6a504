//! Rows that are not taken over, and why.

use std::collections::BTreeMap;
use std::fmt;
use watchkeeper_domain::{Timestamp, Violation};

/// How many numbers of rows are kept of each kind, the first ones.
pub const MAX_IDS: usize = 10;

/// A row that is not taken over.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// Its number.
    pub id: u64,
    /// Where it comes from, as the row has it.
    pub source: String,
    /// What was measured, as the row has it.
    pub name: String,
    /// When it was measured, if that is an instant from 1970 to 9999.
    pub collected_at: Option<Timestamp>,
    /// Why.
    pub reason: Reason,
}

/// Why a row is not taken over.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// A copy from a cache, not a measurement: its label `cached` says so.
    Cached,
    /// It is older than samples are kept.
    TooOld(Violation),
    /// It breaks a limit.
    Refused(Violation),
    /// Its series has another value at this instant, which stays.
    Different {
        /// What the row says.
        value: f64,
        /// What stays.
        kept: f64,
    },
    /// It is of a new series, and the store may have no more than so many.
    NoRoom(u64),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cached => f.write_str("labels.cached: is true: a copy from a cache, not a measurement"),
            Self::TooOld(violation) | Self::Refused(violation) => violation.fmt(f),
            Self::Different { value, kept } => {
                write!(f, "value: is {value}, where the series has {kept} at this instant already")
            }
            Self::NoRoom(most) => write!(f, "series: is new, and the store may have no more than {most}"),
        }
    }
}

impl Reason {
    /// What rows are counted together by: there are a few.
    fn kind(&self) -> String {
        match self {
            Self::Cached => "from a cache".to_owned(),
            Self::TooOld(_) => "older than the retention".to_owned(),
            Self::Refused(Violation { field, .. }) => {
                // A label's name may be anything.
                let field = field.split('.').next().unwrap_or_default();
                format!("not valid: {field}")
            }
            Self::Different { .. } => "another value is there".to_owned(),
            Self::NoRoom(_) => "too many series".to_owned(),
        }
    }
}

/// How many rows are left out, by kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeftOuts {
    /// By kind, in words.
    pub by_kind: BTreeMap<String, Tally>,
    /// The instant of the oldest row that is older than samples are kept.
    pub oldest: Option<Timestamp>,
}

/// Rows of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// How many.
    pub rows: u64,
    /// The numbers of the first ones, at most [`MAX_IDS`].
    pub first_ids: Vec<u64>,
    /// Why the first one.
    pub first_reason: Reason,
}

impl LeftOuts {
    pub(super) fn count(&mut self, left_out: &LeftOut) {
        let LeftOut { id, reason, collected_at, .. } = left_out;
        if matches!(reason, Reason::TooOld(_)) {
            self.oldest = [self.oldest, *collected_at].into_iter().flatten().min();
        }
        let new = || Tally { rows: 0, first_ids: Vec::new(), first_reason: reason.clone() };
        let tally = self.by_kind.entry(reason.kind()).or_insert_with(new);
        tally.rows += 1;
        if tally.first_ids.len() < MAX_IDS {
            tally.first_ids.push(*id);
        }
    }

    /// How many rows are left out in all.
    pub fn rows(&self) -> u64 {
        self.by_kind.values().map(|tally| tally.rows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(id: u64, field: &str) -> LeftOut {
        let reason = Reason::Refused(Violation::new(field, "is wrong"));
        LeftOut { id, source: "s".into(), name: "n".into(), collected_at: None, reason }
    }

    #[test]
    fn of_each_kind_the_first_rows_are_named_and_all_are_counted() {
        let mut left_outs = LeftOuts::default();
        for id in 0..2 * MAX_IDS as u64 {
            left_outs.count(&refused(id, &format!("labels.l{id}")));
        }
        left_outs.count(&refused(99, "source"));
        assert_eq!(left_outs.rows(), 2 * MAX_IDS as u64 + 1);
        assert_eq!(left_outs.by_kind.keys().collect::<Vec<_>>(), ["not valid: labels", "not valid: source"]);
        let labels = &left_outs.by_kind["not valid: labels"];
        assert_eq!((labels.rows, &labels.first_ids), (20, &(0..MAX_IDS as u64).collect()));
        assert_eq!(labels.first_reason.to_string(), "labels.l0: is wrong");
    }
}
