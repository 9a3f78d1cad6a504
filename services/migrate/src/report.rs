//! What a migration did, and what it is sure of.

use std::ops::AddAssign;

/// What a migration did, kind by kind, in the order in which it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One line for each kind of thing that was carried.
    pub lines: Vec<Line>,
}

/// What became of one kind of thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was carried: `samples`.
    pub what: &'static str,
    /// How many.
    pub counts: Counts,
}

/// What became of the items of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that were there before.
    pub there: u64,
    /// Those that were copied now.
    pub copied: u64,
    /// Those that are there and say something else, and were kept as they are there.
    pub different: u64,
    /// Those that were read back and are equal.
    pub verified: u64,
    /// Those that are not there after all.
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
