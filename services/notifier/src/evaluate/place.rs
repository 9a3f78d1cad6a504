//! How far each partition was evaluated.

use watchkeeper_ports::Offset;

/// How far one partition was evaluated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// How often the partition has been assigned.
    pub(super) assignment: Offset,
    /// Of its own records.
    pub(super) own: Reach,
    /// Of what other members pass on to it.
    pub(super) inlet: Reach,
    /// Whether all of that was taken when it was last looked.
    pub(super) inlet_is_read: bool,
}

/// How far a log was evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Where the store has the position.
    pub(super) stored: Offset,
    /// The offset after the last record that was taken.
    pub(super) taken: Offset,
}

impl Reach {
    pub(super) const fn from(next: Offset) -> Self {
        Self { stored: next, taken: next }
    }

    pub(super) fn has_moved(self) -> bool {
        self.taken != self.stored
    }
}
