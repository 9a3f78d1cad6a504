//! What all partitions of an evaluator share.

use super::candidates::Candidates;
use super::series_id::SeriesIds;
use crate::rule_set::RuleSet;
use std::sync::Arc;

/// How many series an evaluator keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Watched, in all partitions.
    pub(super) watched: usize,
    /// At rest, in one partition.
    pub(super) resting: usize,
}

/// What all partitions of an evaluator share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) candidates: Candidates,
    pub(super) ids: SeriesIds,
    pub(super) bounds: Bounds,
    /// How many series are watched.
    pub(super) watched: usize,
    /// How many samples were of a series that should have been watched when too many were.
    pub(super) refused: u64,
    /// How many memories could not be read.
    pub(super) unreadable: u64,
}

impl Shared {
    pub(super) fn new(rules: Arc<RuleSet>, bounds: Bounds) -> Self {
        let (candidates, ids) = (Candidates::new(rules), SeriesIds::new());
        Self { candidates, ids, bounds, watched: 0, refused: 0, unreadable: 0 }
    }

    /// Whether one more series may be watched.
    pub(super) fn has_room(&mut self) -> bool {
        if self.watched < self.bounds.watched {
            return true;
        }
        if self.refused == 0 {
            tracing::warn!(
                watched = self.watched,
                "as many series are watched as can be: no rule fires about others"
            );
        }
        self.refused += 1;
        false
    }

    /// Notes that a memory counts as nothing.
    pub(super) fn ignore(&mut self, series_key: &str, reason: &dyn std::fmt::Display) {
        if self.unreadable == 0 {
            tracing::warn!(series_key, %reason, "what was remembered cannot be read: its rules begin anew, as do those of others like it");
        }
        self.unreadable += 1;
    }
}
