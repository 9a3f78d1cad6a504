//! Points at which a process may die.

use std::collections::BTreeSet;

/// A point within a step, in the order in which they are passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// Records were consumed, nothing of them is stored.
    Taken,
    /// The findings are stored, nothing is planned.
    Stored,
    /// Notifications are in the outbox.
    Planned,
    /// A notification was leased and not sent.
    Claimed,
    /// It was sent, and that was not recorded.
    Sent,
    /// All work of the step is done.
    Done,
}

impl Place {
    pub(super) const ALL: [Self; 6] =
        [Self::Taken, Self::Stored, Self::Planned, Self::Claimed, Self::Sent, Self::Done];
}

/// The steps and points at which the process dies, once at each.
#[derive(Clone, Debug, Default)]
pub(super) struct Deaths(BTreeSet<(usize, Place)>);

/// The process has died; another one continues.
#[derive(Debug)]
pub(super) struct Died;

impl Deaths {
    pub(super) fn at(deaths: impl IntoIterator<Item = (usize, Place)>) -> Self {
        Self(deaths.into_iter().collect())
    }

    /// Dies if scheduled here.
    pub(super) fn pass(&mut self, step: usize, place: Place) -> Result<(), Died> {
        if self.0.remove(&(step, place)) { Err(Died) } else { Ok(()) }
    }
}
