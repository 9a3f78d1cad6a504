//! Deletion of series.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a request to delete series has deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesDeletionJson {
    /// Number of series deleted from the store of samples; of matching ones if nothing was to be deleted.
    pub series: u64,
    /// Number of deleted samples.
    pub samples: u64,
    /// Number of deleted rollups.
    pub rollups: u64,
    /// The `page` of the request that continues; omitted when everything is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
}
