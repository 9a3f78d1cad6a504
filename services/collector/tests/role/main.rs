//! The role as a whole, with targets and back ends that do as the test says. Time is virtual, and stands
//! still while anything is at work; only where the host or a server answers it is real.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]
#![expect(clippy::float_cmp, reason = "values are whole numbers that nothing computes with")]

mod bus_away;
mod config;
mod embedded;
mod fakes;
mod host;
mod known_series;
mod reloading;
mod restart;
mod secrets;
mod shutdown;
mod slow_targets;
mod targets;
