//! Promises of the role as a whole, on the embedded backend.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod collector_before;
mod config;
mod figures;
mod following;
mod grpc;
mod hostile;
mod refill;
mod stage;
