//! How the roles of a process are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a process and its roles are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusJson {
    /// The version of the executable.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// When the process started.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// The roles it runs, by name.
    pub roles: Vec<RoleStatus>,
    /// How far the consumers of the bus are behind; left out when the bus does not answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lag: Vec<GroupLag>,
    /// Records that were rejected and wait to be replayed; left out when the bus does not answer, and after a start
    /// until its dead-letter topics were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<u64>,
    /// Series in the cache of latest values; left out when it does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_series: Option<u64>,
    /// Alerts that fire; left out when the store of alerts does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firing_alerts: Option<u64>,
    /// Notifications that wait to be sent; left out when their store does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_notifications: Option<u64>,
}

/// How one role is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleStatus {
    /// The role.
    #[schema(example = "persister")]
    pub role: String,
    /// Whether it does its work now.
    pub ready: bool,
    /// The dependencies it waits for; left out when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["bus"]))]
    pub waiting_for: Vec<String>,
    /// What it says of itself in one line, as in `systemctl status`.
    #[schema(example = "4,120 samples/s, lag 0, last commit 12 ms ago")]
    pub status: String,
}

/// How far one consumer group is behind on one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupLag {
    /// The group.
    #[schema(example = "persister")]
    pub group: String,
    /// The topic.
    #[schema(example = "metrics")]
    pub topic: String,
    /// Records that it has yet to take, over all partitions.
    pub records: u64,
}
