//! Where a process may die.

use std::collections::BTreeSet;

/// A place in one step, in the order in which they are passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// Records were taken, nothing of them is stored.
    Taken,
    /// What was found is stored, nobody has planned.
    Stored,
    /// Notifications are in the outbox.
    Planned,
    /// A notification was claimed and not sent.
    Claimed,
    /// It was sent, and that was not noted.
    Sent,
    /// All that was to be done in the step is done.
    Done,
}

impl Place {
    pub(super) const ALL: [Self; 6] =
        [Self::Taken, Self::Stored, Self::Planned, Self::Claimed, Self::Sent, Self::Done];
}

/// At which steps and places the process dies, once at each.
#[derive(Clone, Debug, Default)]
pub(super) struct Deaths(BTreeSet<(usize, Place)>);

/// The process has died; another one goes on.
#[derive(Debug)]
pub(super) struct Died;

impl Deaths {
    pub(super) fn at(deaths: impl IntoIterator<Item = (usize, Place)>) -> Self {
        Self(deaths.into_iter().collect())
    }

    /// Dies if it is to die here.
    pub(super) fn pass(&mut self, step: usize, place: Place) -> Result<(), Died> {
        if self.0.remove(&(step, place)) { Err(Died) } else { Ok(()) }
    }
}
