//! What stands in for the world in the tests of one part.

pub(crate) mod bus;
pub(crate) mod mailbox;
pub(crate) mod outbox;
pub(crate) mod served;
