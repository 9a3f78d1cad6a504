//! What ingest has refused.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Items of one client that were refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedJson {
    /// The name of the client's token, else its address.
    #[schema(example = "token shop")]
    pub client: String,
    /// The field, and what is wrong with it, of the first item of a body.
    #[schema(example = "value: must be a number, is a string")]
    pub reason: String,
    /// How many items; a body that is refused as a whole counts as one.
    pub items: u64,
    /// When this was first refused.
    #[schema(example = "2026-11-20T10:00:00.123Z", format = DateTime)]
    pub first_at: String,
    /// When this was last refused.
    #[schema(example = "2026-11-20T10:00:00.123Z", format = DateTime)]
    pub last_at: String,
}

/// What an ingest process has refused since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusalList {
    /// When it started.
    #[schema(example = "2026-11-20T10:00:00.123Z", format = DateTime)]
    pub since: String,
    /// Number of refused items.
    pub refused_total: u64,
    /// The last 100 reasons, newest first.
    pub refusals: Vec<RefusedJson>,
}
