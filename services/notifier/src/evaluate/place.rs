//! How far each partition was evaluated.

use watchkeeper_ports::Epoch;
use watchkeeper_runtime::consumer::Offsets;

/// How far one partition was evaluated.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Begun when the partition was assigned.
    pub(super) epoch: Epoch,
    /// Of its own records.
    pub(super) own: Offsets,
    /// Of what other members pass on to it.
    pub(super) inlet: Offsets,
    /// Whether all of that was taken when it was last looked.
    pub(super) inlet_is_read: bool,
}
