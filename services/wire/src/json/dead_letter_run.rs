//! Replaying and discarding dead letters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which dead letters are meant: either some or all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadLettersRequest {
    /// These, at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1_000, example = json!(["metrics.dead-0-42"]))]
    pub ids: Vec<String>,
    /// All that wait.
    #[serde(default)]
    pub all: bool,
}

impl DeadLettersRequest {
    /// Most ids in one request.
    pub const MAX_IDS: usize = 1_000;
}

/// What is done about dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunAction {
    /// They are sent to their topics again.
    Replay,
    /// They wait no more, and nothing is sent.
    Discard,
}

/// How a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It goes on.
    Running,
    /// It has come to its end.
    Done,
    /// It was asked to stop before its end.
    Stopped,
    /// It ended before its end, for `reason`.
    Failed,
}

/// A run over dead letters: a replay or a discard, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterRun {
    /// What it is called when it is asked for.
    #[schema(example = "k3v9x2m7q4w8t5zn")]
    pub id: String,
    /// What it does.
    pub action: RunAction,
    /// How it is.
    pub state: RunState,
    /// How many letters were meant when it began.
    pub total: u64,
    /// How many were sent to their topics again, and are marked so.
    pub replayed: u64,
    /// How many were discarded, and are marked so.
    pub discarded: u64,
    /// How many cannot be replayed; they wait on.
    pub refused: u64,
    /// How many of those that were meant wait for their turn.
    pub left: u64,
    /// How many dead letters wait now, those that were not meant too.
    pub waiting: u64,
    /// Why it has failed, or why the last letter was refused; left out when there is nothing to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "bus is not available: the backlog of metrics is full")]
    pub reason: Option<String>,
    /// When it began.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ended; left out while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
}

/// The runs of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterRunList {
    /// The newest first. The last few that have ended are remembered until the process ends.
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
