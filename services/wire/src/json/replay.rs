//! Replaying dead letters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which dead letters to send to their topics again: either some or all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// These, at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1_000, example = json!(["metrics.dead-0-42"]))]
    pub ids: Vec<String>,
    /// All that wait.
    #[serde(default)]
    pub all: bool,
}

impl ReplayRequest {
    /// Most ids in one request.
    pub const MAX_IDS: usize = 1_000;
}

/// What a replay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayAnswer {
    /// How many were sent to their topics again.
    pub replayed: u64,
    /// How many wait now.
    pub waiting: u64,
    /// How many of these were to be replayed and cannot be, because their record is not to be had whole any more; left
    /// out if there is none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub not_replayable: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::PartialSchema as _;

    #[test]
    fn the_schema_has_the_limit_of_ids() {
        let schema = serde_json::to_value(ReplayRequest::schema()).unwrap();
        assert_eq!(schema["properties"]["ids"]["maxItems"], ReplayRequest::MAX_IDS);
    }

    #[test]
    fn a_misspelt_request_is_refused() {
        assert!(serde_json::from_str::<ReplayRequest>(r#"{"al":true}"#).is_err());
    }
}
