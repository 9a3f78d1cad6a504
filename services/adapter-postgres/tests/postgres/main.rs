//! Runs the port contracts, and the adapter's own tests, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod appending;
mod connecting;
mod contract;
mod crashing;
mod earlier;
mod events;
mod opening;
mod place;
mod pruning;
mod reading;
mod reports;
mod samples;
