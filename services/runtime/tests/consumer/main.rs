//! Promises of the loop that every role on the bus shares, with a bus and a consumer that do as the test
//! says. Time is virtual.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod away;
mod batching;
mod bus;
mod keeper;
mod membership;
mod progress;
mod replaced;
mod sharing;
mod shutdown;
mod slow;
mod stage;
mod waking;
