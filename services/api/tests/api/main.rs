//! The api through its routers, on the embedded backend.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod access;
mod alerts;
mod away;
mod compatible;
mod dead_letters;
mod document;
mod events;
mod exports;
mod following;
mod grpc;
mod incidents;
mod interrupted;
mod metrics;
mod notifications;
mod pages;
mod platform;
mod questions;
mod range;
mod reports;
mod rollups;
mod rules;
mod schema;
mod silences;
mod slow_events;
mod status;
mod stream;
