//! Promises of the bus with a spool, for any topic.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod contract;
mod full_disk;
mod model;
mod outages;
mod scripted_bus;
mod stage;
mod without_spool;
