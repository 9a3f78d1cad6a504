//! How many events there were.

use crate::{Level, Timestamp};
use std::collections::BTreeMap;

/// The name of the count of all stored events.
pub const EVENTS: &str = "events";

/// What is counted, per minute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountKey {
    /// The name of the count: [`EVENTS`], or that of a pipeline's step.
    pub name: String,
    /// The service of the events; empty if unknown.
    pub service: String,
    /// Their level.
    pub level: Level,
    /// The values of the fields by which they are counted.
    pub labels: BTreeMap<String, String>,
}

/// The number of events of one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The start of the minute in which they occurred.
    pub minute: Timestamp,
    /// What is counted.
    pub key: CountKey,
    /// How many there were.
    pub events: u64,
}
