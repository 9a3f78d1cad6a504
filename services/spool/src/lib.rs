//! Spools records on the disk while the bus is unavailable.
//!
//! A role publishes to a [`SpooledBus`]: records go to the bus, and while that is unavailable to the spool, a bus of
//! the role's own on the local disk ([`SpoolPort`]), from which they are forwarded in order once the bus is available
//! again.
//!
//! Each topic has its own gate. While nothing of the topic is spooled, batches go to the bus directly. From the first
//! batch that the bus does not accept, all batches of that topic go to the spool until everything in it has been
//! forwarded in order; then directly again. So a record whose publisher has waited for an earlier one to be durable
//! never overtakes it. What was published but not committed in the spool before a crash, and what the bus accepted
//! without answering in time, is published twice, whole batches of it: only for topics whose consumers detect
//! duplicates.

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
pub use remote::PUBLISH_TIMEOUT;
pub use spooled_bus::{SpoolPort, SpooledBus};
pub use state::SpoolState;
