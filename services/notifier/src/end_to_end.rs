//! From samples to mails, step by step with a simulated clock, on the embedded stores: what restarts, reloads and
//! failures must not change.

mod away;
mod places;
mod reloading;
mod restarts;
mod stage;
