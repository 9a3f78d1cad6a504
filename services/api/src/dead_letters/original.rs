//! Where the record lies that a replay sends.

use watchkeeper_ports::{EventBus, PortError};
use watchkeeper_wire::dead_letter::DeadLetter;

/// Where the record lies that a replay sends.
pub(super) enum Original {
    /// The letter is the record, and the headers about it.
    InTheLetter,
}

/// Finds the record of a letter. The only place that decides what a replay sends.
pub(super) async fn original(_bus: &dyn EventBus, _letter: &DeadLetter<'_>) -> Result<Original, PortError> {
    Ok(Original::InTheLetter)
}
