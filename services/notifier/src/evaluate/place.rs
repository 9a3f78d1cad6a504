//! The evaluation progress of each partition.

use watchkeeper_ports::Epoch;
use watchkeeper_runtime::consumer::Offsets;

/// The evaluation progress of one partition.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Started when the partition was assigned.
    pub(super) epoch: Epoch,
    /// Of its own records.
    pub(super) own: Offsets,
    /// Of samples repartitioned to it by other members.
    pub(super) inlet: Offsets,
    /// Whether the inlet was read to its end at the last check.
    pub(super) inlet_is_read: bool,
}
