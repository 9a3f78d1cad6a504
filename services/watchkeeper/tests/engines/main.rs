//! The roles as processes of their own on real engines, which come late, fall over and come back.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]
#![allow(clippy::print_stderr, reason = "shown when a test fails: what the engines and the roles have said")]

mod before;
mod dashboards;
mod events;
mod first_start;
#[path = "../support/guide.rs"]
#[expect(dead_code, reason = "its commands and its whole are for the tests of the program")]
mod guide;
mod heat;
mod host;
mod hostile;
mod kept;
mod load;
mod migrating;
mod moving_over;
#[path = "../support/numbered.rs"]
mod numbered;
mod offsets;
mod patience;
#[path = "../support/poison.rs"]
mod poison;
mod readme;
mod restarts;
mod role;
#[path = "../support/roles.rs"]
mod roles;
#[path = "../support/running.rs"]
#[expect(dead_code, reason = "`up` runs here for one test only, which asks it little")]
mod running;
mod sharing;
mod stack;
mod stopping;
mod told;
mod without_key;
mod world;
