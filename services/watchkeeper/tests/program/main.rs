//! The program as its users meet it: started, asked, stopped, killed.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod alerts;
mod alone;
mod backup;
mod compatible;
mod configured;
mod crash;
mod dashboards;
mod deleting;
mod engines_away;
mod first_path;
mod future;
mod guide;
mod hostile_events;
mod importing;
mod incidents;
mod instances;
mod lifecycle;
mod logs;
mod migrating;
#[path = "../support/numbered.rs"]
mod numbered;
mod outage;
mod pipelines;
#[path = "../support/poison.rs"]
mod poison;
mod reasons;
mod refusals;
mod refused;
mod reloading;
mod reports;
#[path = "../support/roles.rs"]
mod roles;
mod rollups;
mod rules;
#[path = "../support/running.rs"]
mod running;
mod second_host;
mod secrets;
mod sockets;
mod stopping;
