//! Fakes for unit tests.

pub(crate) mod bus;
pub(crate) mod outbox;
