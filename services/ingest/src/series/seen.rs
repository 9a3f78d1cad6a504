//! The series of one sender, in two generations.

use std::collections::HashSet;

/// The series that one sender has sent lately. What was noted since is forgotten by the second [`Seen::forget`].
#[derive(Debug, Default)]
pub(crate) struct Seen {
    young: HashSet<u64>,
    /// None of them young.
    old: HashSet<u64>,
}

impl Seen {
    /// How many series are known.
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    pub(super) fn contains(&self, hash: u64) -> bool {
        self.young.contains(&hash) || self.old.contains(&hash)
    }

    /// Notes a series; says whether it was not known.
    pub(super) fn note(&mut self, hash: u64) -> bool {
        self.young.insert(hash) && !self.old.remove(&hash)
    }

    /// Forgets what was not noted since the last time.
    pub(super) fn forget(&mut self) {
        self.old = std::mem::take(&mut self.young);
    }
}
