//! Whether URLs, ports, servers, hosts and domains are up: `source="uptime"`, label `target` is the name. The group of a
//! target and its configured labels are further labels.
//!
//! Each probe gives `availability_percent` (100 or 0); and, for a target that answers, `latency_seconds` (from the
//! name lookup to the response; of a ping, the mean round-trip time), `http_status`, `packet_loss_percent`,
//! `certificate_expires_in_days` and `domain_expires_in_days` (negative once it has expired). An unreachable target is a
//! value, not a failed collection; why it is down is the note of its availability.
//!
//! What this host itself cannot probe is neither up nor down: see [`sight`]. The series `can_probe`, with the labels
//! `host` and `kind`, says so.

mod address;
mod availability;
mod body;
mod certificate;
mod config;
mod cookies;
mod dns;
mod domain;
mod evidence;
mod expiries;
mod failure;
mod groups;
mod grpc;
mod http;
mod icmp;
mod probe;
mod proxy;
mod reach;
mod redirect;
mod request;
mod resolver;
mod scheme;
mod sight;
mod status;
mod talk;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod watching;

pub use address::{Address, AddressError};
pub use body::{BodyConditions, MAX_BODY_BYTES, MAX_BODY_VALUES, MAX_CONDITION_BYTES};
pub use config::{
    Check, HttpCheck, MAX_EXPECTED, MAX_PROBE, MAX_REDIRECTS, MAX_TARGETS, MAX_THRESHOLD, Thresholds,
    UptimeConfig,
};
pub use dns::{DnsCheck, MAX_EXPECTED_ANSWERS, RecordType};
pub use domain::{DomainCheck, MAX_RDAP_BYTES, MIN_DOMAIN_INTERVAL};
pub use grpc::{GrpcCheck, MAX_SERVICE_BYTES};
pub use icmp::{IcmpCheck, MAX_ECHO_REQUESTS};
pub use probe::MAX_PROBES;
pub use request::{MAX_REQUEST_BODY_BYTES, Sends};
pub use status::{StatusRange, StatusRangeError};
pub use talk::{Exchange, MAX_REPLY_BYTES, MAX_SEND_BYTES, Protocol, Security, TalkCheck};

pub(crate) use groups::SECTIONS;
pub(crate) use target::Uptime;
