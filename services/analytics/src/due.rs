//! What is to be made next.

use crate::pass::{Pass, Walk};
use std::collections::HashMap;
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Window};

/// How much is made in one go. It bounds what a crash leaves to be done again, and how long the walk over the
/// other windows has to wait.
pub(crate) const CHUNK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is known when it is decided.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) now: Timestamp,
    /// The oldest sample; needed when a walk begins, see [`Walk::begins`].
    pub(crate) oldest: Option<Timestamp>,
    /// How far each pass has come, by name.
    pub(crate) marks: HashMap<String, Timestamp>,
}

/// Windows that one pass makes in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'w> {
    pub(crate) pass: &'w Pass,
    pub(crate) window: Window,
    /// The start of the first.
    pub(crate) from: Timestamp,
    /// The end of the last.
    pub(crate) to: Timestamp,
}

/// How far a pass has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand<'w> {
    pub(crate) pass: &'w Pass,
    /// Where it goes on; `None` while there are no samples to begin with.
    pub(crate) next: Option<Timestamp>,
    /// The end of the last window that it may make now.
    pub(crate) due: Timestamp,
    window: Window,
}

impl Stand<'_> {
    /// How many windows could be made now.
    pub(crate) fn behind(&self) -> u64 {
        self.next.map_or(0, |next| self.due.since(next).as_secs() / self.window.length().as_secs())
    }
}

impl Walk {
    /// The next windows to make, if any are due: complete ones, in order, none left out.
    ///
    /// The pass with the longest delay comes first, because what it makes is made for the others too: after a
    /// downtime each window is made once, and the oldest comes first.
    pub(crate) fn next(&self, known: &Known) -> Option<Chunk<'_>> {
        let due = self.stands(known).into_iter().rev().find(|stand| stand.behind() > 0)?;
        let from = due.next?;
        Some(Chunk { pass: due.pass, window: self.window, from, to: due.due.min(from.plus(CHUNK)) })
    }

    /// How far each pass has come, the one with the shortest delay first.
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

/// How far a pass has come. A mark past now was set while the clock was ahead, and says nothing: the windows
/// before it were made before they had samples.
fn mark(pass: &Pass, known: &Known) -> Option<Timestamp> {
    known.marks.get(&pass.name).copied().filter(|&mark| mark <= known.now)
}

#[cfg(test)]
mod tests;
