//! Rules, from their text to the alerts.

mod conditions;
mod config;
mod examples;
mod explaining;
mod heartbeats;
mod memory;
mod noting;
mod ratios;
mod reloading;
mod restarts;
mod steps;
mod world;
