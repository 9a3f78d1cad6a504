//! Promises of the role as a whole, on the embedded back end.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod bus;
mod collector_before;
mod config;
mod figures;
mod following;
mod forgetful;
mod hostile;
mod refill;
mod stage;
mod store;
