//! Decides what to compute next.

use crate::pass::{Pass, Walk};
use std::collections::HashMap;
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Window};

/// How much is computed in one step. It limits what is repeated after a crash, and how long the other walks have to
/// wait.
pub(crate) const CHUNK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The input of the decision.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) now: Timestamp,
    /// The oldest sample; needed when a walk begins, see [`Walk::begins`].
    pub(crate) oldest: Option<Timestamp>,
    /// The progress of each pass, by name.
    pub(crate) marks: HashMap<String, Timestamp>,
}

/// Windows that one pass computes in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'w> {
    pub(crate) pass: &'w Pass,
    pub(crate) window: Window,
    /// The start of the first.
    pub(crate) from: Timestamp,
    /// The end of the last.
    pub(crate) to: Timestamp,
}

/// The progress of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand<'w> {
    pub(crate) pass: &'w Pass,
    /// Where it continues; `None` while there are no samples to begin with.
    pub(crate) next: Option<Timestamp>,
    /// The end of the last window that is due.
    pub(crate) due: Timestamp,
    window: Window,
}

impl Stand<'_> {
    /// How many windows are due.
    pub(crate) fn behind(&self) -> u64 {
        self.next.map_or(0, |next| self.due.since(next).as_secs() / self.window.length().as_secs())
    }
}

impl Walk {
    /// The next windows to compute, if any are due: complete ones, in order, without gaps.
    ///
    /// The pass with the longest delay comes first, because what it computes counts for the others too: after a
    /// downtime each window is computed once, the oldest first.
    pub(crate) fn next(&self, known: &Known) -> Option<Chunk<'_>> {
        let due = self.stands(known).into_iter().rev().find(|stand| stand.behind() > 0)?;
        let from = due.next?;
        Some(Chunk { pass: due.pass, window: self.window, from, to: due.due.min(from.plus(CHUNK)) })
    }

    /// The progress of each pass, the one with the shortest delay first.
    pub(crate) fn stands(&self, known: &Known) -> Vec<Stand<'_>> {
        let kept = self.window.start(known.now.minus(self.retention)).plus(self.window.length());
        let oldest = known.oldest.map(|oldest| self.window.start(oldest));
        let mut stands = Vec::with_capacity(self.passes.len());
        let mut made = None;
        for pass in self.passes.iter().rev() {
            made = made.max(mark(pass, known));
            let next = made.or(oldest).map(|next| next.max(kept));
            let due = self.window.start(known.now.minus(pass.delay));
            stands.push(Stand { pass, next, due, window: self.window });
        }
        stands.reverse();
        stands
    }

    /// Whether one of its passes begins, for which the oldest sample must be known.
    pub(crate) fn begins(&self, known: &Known) -> bool {
        self.passes.last().is_some_and(|longest| mark(longest, known).is_none())
    }
}

/// The progress of a pass. A mark in the future was set while the clock was ahead, and is ignored: the windows before
/// it were computed before they had samples.
fn mark(pass: &Pass, known: &Known) -> Option<Timestamp> {
    known.marks.get(&pass.name).copied().filter(|&mark| mark <= known.now)
}

#[cfg(test)]
mod tests;
