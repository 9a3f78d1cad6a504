//! The console's paths, asked through its router on the embedded backend.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod alerts_page;
mod assets;
mod dead_letters;
mod embedded;
mod examples;
mod hostile;
mod markup;
mod series_page;
mod status_page;
mod visit;
mod world;
