//! Replaying and discarding dead letters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Selects dead letters: either some or all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadLettersRequest {
    /// IDs, at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1_000, example = json!(["metrics.dead-0-42"]))]
    pub ids: Vec<String>,
    /// All pending ones.
    #[serde(default)]
    pub all: bool,
}

impl DeadLettersRequest {
    /// Maximum number of IDs in one request.
    pub const MAX_IDS: usize = 1_000;
}

/// What a run does with dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunAction {
    /// Publishes them to their topics again.
    Replay,
    /// Drops them without publishing anything.
    Discard,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// In progress.
    Running,
    /// Completed.
    Done,
    /// Stopped on request before it completed.
    Stopped,
    /// Aborted because of `reason`.
    Failed,
}

/// A replay or discard of dead letters, and its progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterRun {
    /// ID of the run.
    #[schema(example = "k3v9x2m7q4w8t5zn")]
    pub id: String,
    /// What it does.
    pub action: RunAction,
    /// Its state.
    pub state: RunState,
    /// Number of dead letters selected when it started.
    pub total: u64,
    /// Number of dead letters published again and marked as replayed.
    pub replayed: u64,
    /// Number of dead letters marked as discarded.
    pub discarded: u64,
    /// Number of dead letters that cannot be replayed; they stay pending.
    pub refused: u64,
    /// Number of selected dead letters still to process.
    pub left: u64,
    /// Number of all pending dead letters, selected or not.
    pub waiting: u64,
    /// Why it failed, or why the last dead letter was refused; omitted if there is no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "bus unavailable: the backlog of metrics is full")]
    pub reason: Option<String>,
    /// When it started.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ended; omitted while it is running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
}

/// The runs of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterRunList {
    /// Newest first. Only the last few ended runs are kept, in memory.
    pub runs: Vec<DeadLetterRun>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::PartialSchema as _;

    #[test]
    fn the_schema_has_the_limit_of_ids() {
        let schema = serde_json::to_value(DeadLettersRequest::schema()).unwrap();
        assert_eq!(schema["properties"]["ids"]["maxItems"], DeadLettersRequest::MAX_IDS);
    }

    #[test]
    fn a_misspelt_request_is_refused() {
        assert!(serde_json::from_str::<DeadLettersRequest>(r#"{"al":true}"#).is_err());
    }
}
