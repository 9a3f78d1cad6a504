//! Skipped rows, and why.

use std::collections::BTreeMap;
use std::fmt;
use watchkeeper_domain::{Timestamp, Violation};

/// How many row numbers are kept of each kind, the first ones.
pub const MAX_IDS: usize = 10;

/// A skipped row.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// Its number.
    pub id: u64,
    /// Its source, as in the row.
    pub source: String,
    /// Its name, as in the row.
    pub name: String,
    /// When it was measured; `None` outside 1970 to 9999.
    pub collected_at: Option<Timestamp>,
    /// Why.
    pub reason: Reason,
}

/// Why a row is skipped.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// A copy from a cache, not a measurement: its label `cached` says so.
    Cached,
    /// It is older than the retention.
    TooOld(Violation),
    /// It breaks a limit.
    Refused(Violation),
    /// Its series has another value at this instant, which stays.
    Different {
        /// The row's value.
        value: f64,
        /// The stored value.
        kept: f64,
    },
    /// Its series is new, and the store already has the most series it may have.
    NoRoom(u64),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cached => f.write_str("labels.cached: is true: a copy from a cache, not a measurement"),
            Self::TooOld(violation) | Self::Refused(violation) => violation.fmt(f),
            Self::Different { value, kept } => {
                write!(f, "value: is {value}, but the series already has {kept} at this instant")
            }
            Self::NoRoom(most) => write!(f, "series: is new, and the store is at its limit of {most}"),
        }
    }
}

impl Reason {
    /// The kind under which rows are counted: there are few.
    fn kind(&self) -> String {
        match self {
            Self::Cached => "from a cache".to_owned(),
            Self::TooOld(_) => "older than the retention".to_owned(),
            Self::Refused(Violation { field, .. }) => {
                // The name of a label can be anything.
                let field = field.split('.').next().unwrap_or_default();
                format!("not valid: {field}")
            }
            Self::Different { .. } => "another value exists".to_owned(),
            Self::NoRoom(_) => "too many series".to_owned(),
        }
    }
}

/// Counts of skipped rows, by kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeftOuts {
    /// By kind.
    pub by_kind: BTreeMap<String, Tally>,
    /// The instant of the oldest row that is older than the retention.
    pub oldest: Option<Timestamp>,
}

/// Rows of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// How many.
    pub rows: u64,
    /// The numbers of the first ones, at most [`MAX_IDS`].
    pub first_ids: Vec<u64>,
    /// The reason for the first one.
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

    /// All skipped rows.
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
