//! From samples to mails, step by step with a clock of its own, on the embedded stores: what restarts,
//! reloads and failures must not change.

mod away;
mod places;
mod reloading;
mod restarts;
mod stage;
