//! Promises of the role as a whole, on the embedded back end.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod config;
mod events;
mod hostile;
mod stage;
mod telling;
