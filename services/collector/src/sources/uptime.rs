//! Whether HTTP URLs, TCP ports and TLS servers are up: `source="uptime"`, label `target` is the name.
//!
//! Each probe gives `availability_percent` (100 or 0); and, for a target that answers, `latency_seconds` (from the
//! name lookup to the response), `http_status`, and `certificate_expires_in_days` (negative once it has expired). An
//! unreachable target is a value, not a failed collection; why it is down is the note of its availability.

mod address;
mod availability;
mod body;
mod certificate;
mod config;
mod cookies;
mod failure;
mod http;
mod probe;
mod reach;
mod redirect;
mod request;
mod resolver;
mod status;
mod target;
#[cfg(test)]
mod tests;
mod tls;

pub use address::{Address, AddressError};
pub use body::{BodyConditions, MAX_BODY_BYTES, MAX_BODY_VALUES, MAX_CONDITION_BYTES};
pub use config::{
    Check, HttpCheck, MAX_EXPECTED, MAX_PROBE, MAX_REDIRECTS, MAX_TARGETS, MAX_THRESHOLD, Thresholds,
    UptimeConfig,
};
pub use probe::MAX_PROBES;
pub use request::{MAX_REQUEST_BODY_BYTES, Sends};
pub use status::{StatusRange, StatusRangeError};

pub(crate) use target::targets;
