//! The console's paths, asked through its router with ports in memory and once with those that are embedded.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod alerts_page;
mod assets;
mod dead_letters;
mod embedded;
mod examples;
mod fakes;
mod hostile;
mod markup;
mod series_page;
mod status_page;
mod visit;
