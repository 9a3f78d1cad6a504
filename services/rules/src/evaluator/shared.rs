//! What all partitions of an evaluator share.

use super::candidates::Candidates;
use super::series_id::SeriesIds;
use crate::rule_set::RuleSet;
use std::sync::Arc;

/// Limits on the series of an evaluator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// With state, in all partitions.
    pub(super) watched: usize,
    /// Resting, in one partition.
    pub(super) resting: usize,
}

/// What all partitions of an evaluator share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) candidates: Candidates,
    pub(super) ids: SeriesIds,
    pub(super) bounds: Bounds,
    /// The number of series with state.
    pub(super) watched: usize,
    /// Samples skipped because the limit was reached.
    pub(super) refused: u64,
    /// States that could not be read.
    pub(super) unreadable: u64,
}

impl Shared {
    pub(super) fn new(rules: Arc<RuleSet>, bounds: Bounds) -> Self {
        let (candidates, ids) = (Candidates::new(rules), SeriesIds::new());
        Self { candidates, ids, bounds, watched: 0, refused: 0, unreadable: 0 }
    }

    /// Whether one more series may have state.
    pub(super) fn has_room(&mut self) -> bool {
        if self.watched < self.bounds.watched {
            return true;
        }
        if self.refused == 0 {
            tracing::warn!(
                series_count = self.watched,
                "the limit on evaluated series is reached: no rule fires for others"
            );
        }
        self.refused += 1;
        false
    }

    /// Counts a state that is ignored.
    pub(super) fn ignore(&mut self, series_key: &str, reason: &dyn std::fmt::Display) {
        if self.unreadable == 0 {
            tracing::warn!(series = series_key, error = %reason, "cannot read the stored evaluator state: its rules start over; further cases are not logged");
        }
        self.unreadable += 1;
    }
}
