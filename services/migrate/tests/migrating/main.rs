//! Moves from one embedded installation to another: the ports are those of engines.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod alerting;
mod carried;
mod contents;
mod differing;
mod filled;
mod fragile;
mod installation;
mod interrupted;
mod positions;
mod takeover;
