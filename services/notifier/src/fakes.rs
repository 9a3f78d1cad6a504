//! Fakes for unit tests.

pub(crate) mod bus;
pub(crate) mod mailbox;
pub(crate) mod outbox;
pub(crate) mod served;
