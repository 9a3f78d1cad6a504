//! The pages in Chromium, driven by chromedriver.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod accessible;
mod alerts;
mod browser;
mod chromedriver;
mod dead_letters;
mod events;
mod explore;
mod hostile;
mod keyboard;
mod live;
mod local_time;
mod looks;
mod overview;
#[path = "../support/poison.rs"]
mod poison;
mod quiet;
#[path = "../support/running.rs"]
#[expect(dead_code, reason = "these tests neither kill nor signal what they look at")]
mod running;
mod series_page;
mod sign_in;
mod status_page;
mod stored_events;
mod without_script;
mod world;
