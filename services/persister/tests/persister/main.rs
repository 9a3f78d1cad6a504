//! Promises of the role as a whole, on the embedded back end.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod batches;
mod clock;
mod config;
mod dead_letters;
mod exactly_once;
mod hostile;
mod retention;
mod stage;
