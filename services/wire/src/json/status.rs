//! The status of a process.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The status of a process and its roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusJson {
    /// Version of the executable.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// When the process started.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// Its roles, by name.
    pub roles: Vec<RoleStatus>,
    /// Lag of the consumer groups; omitted if the bus is unavailable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lag: Vec<GroupLag>,
    /// Number of pending dead letters; omitted if the bus is unavailable, and after a start until the dead-letter
    /// topics have been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<u64>,
    /// Number of series in the cache; omitted if the cache is unavailable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_series: Option<u64>,
    /// Number of firing alerts; omitted if the alert store is unavailable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firing_alerts: Option<u64>,
    /// Number of pending notifications; omitted if the notification store is unavailable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_notifications: Option<u64>,
}

/// The status of one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleStatus {
    /// The role.
    #[schema(example = "persister")]
    pub role: String,
    /// Whether it is ready.
    pub ready: bool,
    /// Dependencies it is waiting for; omitted if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["bus"]))]
    pub waiting_for: Vec<String>,
    /// Status line, as in `systemctl status`.
    #[schema(example = "4,120 samples/s, lag 0, last commit 12 ms ago")]
    pub status: String,
}

/// The lag of one consumer group on one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupLag {
    /// The group.
    #[schema(example = "persister")]
    pub group: String,
    /// The topic.
    #[schema(example = "metrics")]
    pub topic: String,
    /// Lag in records, over all partitions.
    pub records: u64,
}
