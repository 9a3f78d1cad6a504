//! Rules, from their text to the alerts.

mod conditions;
mod config;
mod examples;
mod explaining;
mod memory;
mod restarts;
mod world;
