//! From samples to mails, step by step with a clock of its own, on the embedded stores: what restarts and
//! failures must not change.

mod away;
mod places;
mod restarts;
mod stage;
