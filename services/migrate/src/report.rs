//! The report of a migration: what it did and verified.

use std::ops::AddAssign;

/// What a migration did, kind by kind, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One line for each kind.
    pub lines: Vec<Line>,
}

/// The result for one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The kind: `samples`.
    pub what: &'static str,
    /// The counts.
    pub counts: Counts,
}

/// The results for the items of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items that the destination already had.
    pub there: u64,
    /// Items that were copied.
    pub copied: u64,
    /// Items that differ in the destination, and were left as they are there.
    pub different: u64,
    /// Items that were read back and are equal.
    pub verified: u64,
    /// Items that the destination lacks after all.
    pub missing: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.there += other.there;
        self.copied += other.copied;
        self.different += other.different;
        self.verified += other.verified;
        self.missing += other.missing;
    }
}

impl Report {
    /// The sum over all kinds.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.lines.iter().for_each(|line| total += line.counts);
        total
    }
}
