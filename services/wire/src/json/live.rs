//! What a stream of samples says about itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The data of an event `lagged`: the client read more slowly than samples came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lagged {
    /// Samples, matching or not, that went by since the last event.
    pub missed: u64,
}
