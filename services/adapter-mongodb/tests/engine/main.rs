//! Runs the port contract, and the adapter's own tests, on a real engine.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod codeless;
mod contract;
mod documents;
mod earlier;
mod place;
mod scripted;
mod slow;
mod unavailable;
