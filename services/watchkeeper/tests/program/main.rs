//! The program as its users meet it: started, asked, stopped, killed.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod compatible;
mod crash;
mod first_path;
mod lifecycle;
#[path = "../support/poison.rs"]
mod poison;
mod refusals;
#[path = "../support/running.rs"]
mod running;
