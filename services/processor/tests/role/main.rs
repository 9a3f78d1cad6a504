//! Promises of the role as a whole, on the embedded backend.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod counts;
mod deferring;
mod retention;
mod stage;
mod storing;
mod topics;
