//! The console's paths, asked through its router on the embedded backend.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod acting;
mod alert_page;
mod alerts_page;
mod assets;
mod dead_letters;
mod embedded;
mod event_page;
mod events_page;
mod examples;
mod explore_page;
mod hostile;
mod markup;
mod overview_page;
mod series_page;
mod sign_in;
mod status_page;
mod system_page;
mod visit;
mod world;
