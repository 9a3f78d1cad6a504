//! Records wait on the disk while the bus is away.
//!
//! A role publishes to a [`SpooledBus`]: records go to the bus, and while that is away to the spool, a bus of the
//! role's own on the local disk ([`SpoolPort`]), from which they are forwarded in order once the bus is back.
//!
//! Each topic has a gate of its own. While nothing of the topic waits, batches go to the bus directly. From the first
//! batch that the bus does not take, all of that topic go to the spool, until everything in it has been forwarded in
//! order; then directly again. So a record whose publisher has waited for an earlier one to be durable never overtakes
//! it. What was published but not committed in the spool before a crash, and what the bus took without answering in
//! time, is published twice, whole batches of it: for topics whose consumers tell a repetition.

mod config;
mod forward;
mod gate;
mod metrics;
mod open;
mod parts;
mod remote;
mod spool;
mod spooled_bus;
mod state;
mod topic_spool;
mod watched;

pub use config::{MAX_SPOOL, SpoolConfig};
pub use open::{OpenSpool, open};
pub use spooled_bus::{SpoolPort, SpooledBus};
pub use state::SpoolState;
