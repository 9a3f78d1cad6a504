//! Promises of the ingest role: over its router, down to the bus.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod answers;
mod bounds;
mod corpus;
mod document;
mod events;
mod heartbeats;
mod loki;
mod otlp;
mod role;
mod samples;
mod socket;
mod spool;
mod stage;
mod syslog;
